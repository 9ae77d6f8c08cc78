"""Staff accounts: the file, the passwords, and who is let in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from metertui.engine.accounts.staff import StaffBook
from metertui.engine.errors import DataError, MeterError, StorageError
from metertui.engine.storage import durable
from tests.engine.book_changes import add_member


def load(folder: Path, text: str | bytes | None = None, *, readonly: bool = False) -> StaffBook:
    if text is not None:
        (folder / "admins.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    book = StaffBook(folder)
    book.load()
    if not readonly:
        book.mend()
    return book


def roles(book: StaffBook) -> dict[str, str]:
    return {member.email: member.role for member in book.members()}


def test_a_member_is_let_in_with_the_password_and_in_no_other_way(tmp_path: Path) -> None:
    add_member(load(tmp_path), "Ann@utility.example", "operator", "pass word 7 hills")
    book = load(tmp_path)
    assert book.verify_password("Ann@utility.example", "pass word 7 hills") == "operator"
    assert book.verify_password("ann@UTILITY.example", "pass word 7 hills") == "operator"
    for email, password in [
        ("Ann@utility.example", "Pass word"),
        ("Ann@utility.example", ""),
        ("Ann@utility.example", "\ud800"),
        ("bob@utility.example", "pass word 7 hills"),
        ("", ""),
    ]:
        assert book.verify_password(email, password) is None


def test_an_unknown_name_costs_a_hash_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load(tmp_path)
    add_member(book, "a@b", "operator", "old horse x")
    costs: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, stored: str, password: str) -> bool:
        costs.append(stored.rpartition("$")[0].rpartition("$")[0])
        return real(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert (book.verify_password("a@b", "y"), book.verify_password("nobody@b", "y")) == (None, None)
    assert costs == [costs[0]] * 2
    assert costs[0].startswith("$argon2id$")


def test_the_file_holds_no_password_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    add_member(load(tmp_path), "a@b", "government", "hunter of horses")
    path = tmp_path / "admins.csv"
    text = path.read_text()
    assert text.startswith('email,role,password_hash\na@b,government,"$argon2id$')
    assert "hunter of horses" not in text
    assert path.stat().st_mode & 0o777 == 0o600


def test_adding_again_replaces_and_removing_removes(tmp_path: Path) -> None:
    book = load(tmp_path)
    add_member(book, "b@b", "government", "old horse x")
    add_member(book, "a@b", "government", "old horse x")
    add_member(book, "A@b", "government", "new horse y")
    assert roles(load(tmp_path)) == {"A@b": "government", "b@b": "government"}
    assert (book.verify_password("a@b", "old horse x"), book.verify_password("a@b", "new horse y")) == (
        None,
        "government",
    )
    book.remove_member("B@B")
    assert roles(load(tmp_path)) == roles(book) == {"A@b": "government"}
    with pytest.raises(MeterError, match="there is no staff account b@b"):
        book.remove_member("b@b")


def test_an_operator_has_to_be_left(tmp_path: Path) -> None:
    book = load(tmp_path)
    add_member(book, "a@b", "operator", "old horse x")
    add_member(book, "c@b", "government", "old horse x")
    for email in ("a@b", "A@B"):
        with pytest.raises(MeterError, match="is the last operator; make another one first"):
            book.remove_member(email)
    with pytest.raises(MeterError, match="is the last operator; make another one first"):
        add_member(book, "a@b", "government", "old horse x")
    assert roles(load(tmp_path)) == roles(book) == {"a@b": "operator", "c@b": "government"}
    add_member(book, "d@b", "operator", "old horse x")
    book.remove_member("a@b")
    book.remove_member("c@b")
    assert roles(load(tmp_path)) == {"d@b": "operator"}


@pytest.mark.parametrize(
    ("email", "role", "password"),
    [
        *((email, "operator", "old horse x") for email in ["", "ann", "=1@b", "@b", "a b@c", "a@b\n", "\x1b@b"]),
        ("a@b", "root", "old horse x"),
        ("a@b", "", "old horse x"),
        ("a@b", "operator", ""),
        ("a@b", "operator", "password12"),
        ("a@b", "operator", "old horse \udcff"),
    ],
)
def test_what_cannot_be_added(tmp_path: Path, email: str, role: str, password: str) -> None:
    book = load(tmp_path)
    with pytest.raises(MeterError):
        add_member(book, email, role, password)
    assert (book.members(), list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize(
    "change", [lambda book: add_member(book, "c@d", "operator", "old horse x"), lambda book: book.remove_member("a@b")]
)
def test_what_the_disk_refuses_is_not_so_here_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object
) -> None:
    book = load(tmp_path)
    add_member(book, "a@b", "government", "old horse x")

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("cannot write admins.csv: No space left on device")

    monkeypatch.setattr(durable, "replace_file", refuse)
    with pytest.raises(StorageError):
        change(book)  # type: ignore[operator] # one of the two above
    assert roles(book) == roles(load(tmp_path)) == {"a@b": "government"}


# -- what others wrote -------------------------------------------------------------------------------------------


def test_plain_passwords_load_once_and_are_rewritten_hashed(tmp_path: Path) -> None:
    book = load(tmp_path, b'\xef\xbb\xbfEmail,Password\r\na@b,secret1\r\n\r\nc@d,"secret2, too"\r\n')
    text = (tmp_path / "admins.csv").read_text()
    assert text.startswith("email,role,password_hash\n")
    assert "secret" not in text
    for each in (book, load(tmp_path)):
        assert roles(each) == {"a@b": "operator", "c@d": "operator"}
        assert each.verify_password("c@d", "secret2, too") == "operator"
    assert (tmp_path / "admins.csv").read_text() == text


def test_a_plain_file_may_state_roles_and_hashes_beside(tmp_path: Path) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("old")
    book = load(tmp_path, f'email,role,password,password_hash\na@b,Government,new,\nc@d,operator,,"{hashed}"\n')
    assert (book.verify_password("a@b", "new"), book.verify_password("c@d", "old")) == ("government", "operator")
    assert "new" not in (tmp_path / "admins.csv").read_text()


def test_a_reader_beside_the_owner_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    text = "email,password\na@b,secret\n"
    book = load(tmp_path, text, readonly=True)
    assert book.verify_password("a@b", "secret") == "operator"
    assert (tmp_path / "admins.csv").read_text() == text


@pytest.mark.parametrize("text", [None, "", "email,role,password_hash\n"])
def test_no_staff_at_all(tmp_path: Path, text: str | None) -> None:
    book = load(tmp_path, text)
    assert (book.members(), book.verify_password("a@b", "x")) == ([], None)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("email,role\na@b,operator\n", 1, "the header is not email,role,password_hash"),
        ("name,password\na@b,x\n", 1, "the header lacks email"),
        ("email,role,password_hash\na@b,operator,h\nc@d,root,h\n", 3, "a role is one of operator, government"),
        ("email,role,password_hash\na@b,,h\n", 2, "a role is one of operator, government"),  # none is not the highest
        ("email,role,password_hash\na@b,operator,\n", 2, "a password cannot be empty"),
        ("email,password\na@b,x\nc@d,\n", 3, "a password cannot be empty"),
        ("email,password\na@b,x\nA@b,y\n", 3, "A@b is listed twice"),
        ("email,password\nann,x\n", 2, "'ann' is not an email address"),
        ("email,password\na@b,x\nc@d", 3, "1 fields where the header has 2"),
        ("email,password\na@b,\xe9\n".encode("latin-1"), 2, "this is not UTF-8 text; save it as CSV UTF-8"),
    ],
)
def test_what_is_broken_is_named_and_nothing_is_rewritten(
    tmp_path: Path, text: str | bytes, line: int, reason: str
) -> None:
    path = tmp_path / "admins.csv"
    with pytest.raises(DataError) as caught:
        load(tmp_path, text)
    assert str(caught.value) == f"{path}:{line}: {reason}"
    assert path.read_bytes() == (text if isinstance(text, bytes) else text.encode())


def test_a_hash_that_is_none_lets_nobody_in(tmp_path: Path) -> None:
    book = load(tmp_path, "email,role,password_hash\na@b,operator,secret\n")
    assert book.verify_password("a@b", "secret") is None


def test_the_last_operator_is_neither_removed_nor_made_anything_else(tmp_path: Path) -> None:
    staff = StaffBook(tmp_path)
    add_member(staff, "gov@example.com", "government", "secret horse")  # where there is none, nobody is the last
    add_member(staff, "Ann@example.com", "operator", "secret horse")
    before = staff.members()
    losses: tuple[Callable[[], object], ...] = (
        lambda: staff.remove_member("ann@example.com"),
        lambda: add_member(staff, "ann@example.com", "government", "secret horse"),
    )
    for lose in losses:
        with pytest.raises(MeterError, match=r"ann@example\.com is the last operator; make another one first"):
            lose()
    assert staff.members() == before
    add_member(staff, "ann@example.com", "operator", "another horse")
    add_member(staff, "bob@example.com", "operator", "secret horse")
    staff.remove_member("ann@example.com")
    assert [member.email for member in staff.members()] == ["bob@example.com", "gov@example.com"]
