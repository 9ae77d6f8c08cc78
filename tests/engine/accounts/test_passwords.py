"""Which passwords may be new ones."""

from __future__ import annotations

import pytest

from metertui.engine.accounts.passwords import check_new_password
from metertui.engine.errors import MeterError

EMAIL = "ada.lovelace@metertui.example"


@pytest.mark.parametrize(
    "password",
    [
        "secret horse",
        "zwölf Äpfel",
        "x7#kQ2!mZp",
        "operator of the north",
        "Tr0ub4dor&3",
        "mein hund bellt",
        "日本語のパスワードです長い",
    ],
)
def test_a_password_that_is_hard_to_guess_is_accepted(password: str) -> None:
    check_new_password(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "Password123", "P4$$w0rd!!", "password1234567890", "letmein2025!", "1234567890", "0987654321", "qwertyuiop",
        "Qwerty12345", "abcdefghijklm", "zyxwvutsrq", "asdfghjkl123", "passwordpassword", "administrator1",
        "ada.lovelace1", "metertui2025", "1qaz2wsx3edc", "welcome!!!!", "Summer2025!", "adminadmin123",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(MeterError, match=r"among the first that are tried|different characters"):
        check_new_password(password, EMAIL)


@pytest.mark.parametrize(
    ("password", "why"),
    [("", "at least 10"), ("x7#kQ2!mZ", "at least 10 characters"), ("aaaaaaaaaaaa", "at least 5 different")],
)
def test_what_is_too_short_or_a_repetition_is_refused(password: str, why: str) -> None:
    with pytest.raises(MeterError, match=why):
        check_new_password(password, EMAIL)
