"""The rule for new passwords: long enough, and not one of those that are tried first.

It asks nothing of passwords that are stored already. A common word counts as common with capitals, digits in place of
letters, and digits or signs around it.
"""

from __future__ import annotations

from typing import Final

from metertui.engine.errors import MeterError

LEAST: Final = 10
"""Characters of a new password."""
_ADDED: Final = 4
"""Characters beside common words, names and rows of keys that make it another one."""
_VARIED: Final = 5
"""Different characters of a password that is not a repetition."""
_COMMON: Final = (
    "administrator", "electricity", "government", "letmein", "metertui", "operator", "passphrase", "password",
    "superman", "sunshine", "starwars", "princess", "football", "baseball", "trustno1", "iloveyou", "welcome",
    "changeme", "computer", "internet", "whatever", "charlie", "michael", "jennifer", "jordan", "dragon", "monkey",
    "master", "shadow", "secret", "summer", "winter", "spring", "autumn", "energy", "utility", "meter", "admin",
    "login", "hello", "qwerty", "qwertz", "azerty", "default", "freedom", "pokemon", "batman", "killer", "soccer",
    "hockey", "ginger", "pepper", "cookie", "cheese", "flower", "love", "pass", "test", "user", "root", "guest",
)  # fmt: skip
_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "1qaz2wsx3edc4rfv5tgb")
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_LEAST_OF_ROW: Final = 3
_LETTERS: Final = str.maketrans("013457@$!", "oieastasi")


def check_new_password(password: str, email: str) -> None:
    """Raise MeterError with the reason if this may not be a new password of the member with this email."""
    if len(password) < LEAST:
        raise MeterError(f"a password has at least {LEAST} characters")
    text = password.casefold()
    if len(set(text)) < _VARIED:
        raise MeterError(f"a password has at least {_VARIED} different characters")
    name, _, host = email.casefold().partition("@")
    words = (*_COMMON, *(part for part in (name, *host.split(".")) if len(part) >= _LEAST_OF_ROW))
    for spelling in (text, text.translate(_LETTERS)):
        if _own_length(_without_rows(_without_words(spelling, words))) < _ADDED:
            raise MeterError("this password is among the first that are tried; take several words, or random letters")


def _own_length(text: str) -> int:
    """Return the length of a text without what is no letter at both ends, such as a year or an exclamation mark."""
    letters = [at for at, char in enumerate(text) if char.isalpha()]
    return letters[-1] + 1 - letters[0] if letters else 0


def _without_words(text: str, words: tuple[str, ...]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _without_rows(text: str) -> str:
    """Return a text without stretches of the alphabet, of rows of keys, and of one character, in either direction."""
    rows = [row[::step] for row in (*_ROWS, _ALPHABET) for step in (1, -1)]
    left, at = "", 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _in_a_row(text[at : end + 1], rows):
            end += 1
        if end - at < _LEAST_OF_ROW:
            left, end = left + text[at], at + 1
        at = end
    return left


def _in_a_row(text: str, rows: list[str]) -> bool:
    return len(set(text)) == 1 or any(text in row for row in rows)
