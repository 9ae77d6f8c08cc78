"""Exit codes, one line for an error, and where options stand."""

from __future__ import annotations

import sys

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "words",
    [
        "nothing",
        "serve --port 65536",
        "simulate --meters 1 --live --port 99999",
        "usage",
        "usage m-1 lately",
        "usage m-1 --at yesterday",
        "usage m-1 --from 2025-01-01",
        "usage m-1 --from 2025-01-02 --to 2025-01-01",
        "usage m-1 month --from 2025-01-01 --to 2025-01-02",
        "usage m-1 --form csv",
        "bill",
        "bill m-1 --month 2025-13",
        "bill --all",
        "query --to 2025-01-01",
        "query --from 2025-1-1 --to 2025-01-02",
        "query --from 2025-01-01 --to 2025-01-02 --by day,moon",
        "query --from 2025-01-01 --to 2025-01-02 --by day,day",
        "query --from 2025-01-01 --to 2025-01-02 --sort day",
        "export --from 2025-01-01 --to 2025-01-02 -o out.txt",
        "simulate --meters 1",
        "simulate --meters 0 --live",
        "simulate --meters 1 --live --from 2025-01-01T00:00 --to 2025-01-01T01:00",
        "simulate --meters 1 --from 2025-01-01T00:00",
        "simulate --meters 1 --live --speed 0",
        "generate --meters 1 --from 2025-01-01 --to 2025-01-01 --interval 0m -o x",
        "users",
        "users modify m-1",
        "admins add a@b.c",
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(steady: Command, words: str) -> None:
    result = steady(*words.split())
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("metertui")
    assert result.err.count("\n") == 1


def test_a_time_that_is_none_is_named_with_its_option(steady: Command) -> None:
    result = steady(*["simulate", "--meters", "1", "--from", "2025-01-01T00:00", "--to", "2025-01-02"])
    assert result.code == 2
    assert "--to 2025-01-02: a timestamp is like" in result.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("usage nobody", "nobody is not registered"),
        ("--data /nowhere/at/all usage m-1", "there is no data folder /nowhere/at/all"),
        ("--data /nowhere/at/all check", "there is no data folder"),
        ("query --from 2025-01-01 --to 2025-01-02 --meter nobody", "nobody is not registered"),
        ("users show nobody", "nobody is not registered"),
        ("import /nowhere/file.csv", "cannot read /nowhere/file.csv"),
        ("simulate --meters 1 --live --port 1", "no connection to 127.0.0.1:1: Connection refused"),
        ("export --from 2025-01-01 --to 2025-01-02 -o /nowhere/out.csv", "cannot write /nowhere/out.csv"),
        ("generate --meters 1 --from 1999-12-01 --to 2000-01-01 -o /dev/null", "have no earlier readings"),
        ("tui", "the screens need a terminal"),
    ],
)
def test_a_failed_operation_is_one_line_and_exit_1(steady: Command, words: str, why: str) -> None:
    result = steady(*words.split())
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("metertui: ")
    assert why in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("words", ["tui", "admins add a@b.example --role operator"])
def test_a_closed_standard_input_is_an_empty_one(
    metertui: Command, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    result = metertui(*words.split())
    sys.stdin.close()
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        "--format csv usage m-1 today --at 2025-03-12T10:40",
        "usage m-1 today --at 2025-03-12T10:40 --format csv",
        "usage --format csv m-1 --at 2025-03-12T10:40 today",
        "--format json usage m-1 today --at 2025-03-12T10:40 --format csv",
    ],
)
def test_options_stand_before_and_behind(steady: Command, words: str) -> None:
    header, row = steady(*words.split()).out.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["usage_kwh"] == "10.5"


def test_the_folder_may_be_given_anywhere(steady: Command, data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METERTUI_DATA")
    told = ["--data", str(data)]
    for words in ([*told, "users", "list"], ["users", *told, "list"], ["users", "list", *told]):
        assert "m-1" in steady(*words).out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("usge m-1", "usage"),
        ("users shw m-1", "show"),
        ("usage m-1 last_mnth", "last_month"),
        ("explain m-1 yesteday", "yesterday"),
        ("usage m-1 --formt json", "--format"),
        ("usage m-1 --format jsn", "json"),
        ("query --from 2025-01-01 --to 2025-01-02 --by regoin", "region"),
        ("query --from 2025-01-01 --to 2025-01-02 --sort -usge_kwh", "usage_kwh"),
        ("query --from 2025-01-01 --to 2025-01-02 --region noth", "North"),
        ("exceptions --cause rest", "reset"),
        ("exceptions --region noth", "North"),
    ],
)
def test_a_wrong_word_names_the_nearest(steady: Command, words: str, meant: str) -> None:
    assert steady("users", "modify", "m-1", "--region", "North").code == 0
    result = steady(*words.split())
    assert result.code in (1, 2)
    assert f"; did you mean {meant}?" in result.err
    assert result.err.count("\n") == 1
