"""The list of exceptions from the command line."""

from __future__ import annotations

import os

from metertui.engine.storage.audit_log import local_user_name
from tests.cli.conftest import Command


def test_the_list_its_conditions_and_what_was_decided(steady: Command) -> None:
    columns = ["cause", "meter", "time", "register_kwh", "region", "why", "decided", "decided_by", "decided_at",
               "reason", "notes", "stake_kwh", "stake_amount"]  # fmt: skip
    assert steady("void", "m-1", "2025-02-10T00:00", "--reason", "misread").code == 0
    [silent] = steady("exceptions", "--format", "json").json
    assert list(silent) == columns
    assert (silent["cause"], silent["meter"], silent["register_kwh"]) == ("silent", "m-1", 1994.5)
    assert silent["time"] == "2025-03-12T10:30:00+08:00"
    assert silent["why"].startswith("silent for ")
    assert silent["stake_kwh"] > 0
    assert silent["stake_amount"] is None  # there are no tariffs
    [void] = steady("exceptions", "--decided", "--format", "json").json
    assert (void["cause"], void["time"], void["reason"]) == ("void", "2025-02-10T00:00:00+08:00", "misread")
    assert steady("exceptions", "--cause", "void", "--format", "json").json == [void]  # such a case is never open
    assert steady("exceptions", "--cause", "void", "--open", "--format", "json").json == []
    assert void["decided_by"] == local_user_name(os.getuid())
    assert len(steady("exceptions", "--all", "--format", "json").json) == 2
    assert len(steady("exceptions", "--all", "--limit", "1", "--format", "json").json) == 1
    newest = steady("exceptions", "--all", "--sort", "newest", "--format", "json").json
    assert [row["stake_kwh"] is None for row in newest] == [False, True]
    assert steady("exceptions", "--all", "--cause", "gap", "--format", "json").json == []
    assert steady("exceptions", "--all", "--meter", "x", "--format", "json").json == []
    assert len(steady("exceptions", "--all", "--region", "", "--meter", "M-", "--format", "json").json) == 2
    days = ("--from", "2025-02-09", "--to", "2025-02-09")
    assert [row["cause"] for row in steady("exceptions", "--all", *days, "--format", "json").json] == ["void"]
    assert steady("exceptions", "--all", "--counts", "--format", "json").json == [
        {"cause": "silent", "cases": 1, "open": 1},
        {"cause": "void", "cases": 1, "open": 0},
    ]


def test_a_list_without_cases_says_so(steady: Command) -> None:
    for words in ((), ("--counts",)):
        assert steady("exceptions", "--cause", "gap", "--meter", "m-2", *words).out == "no exceptions\n"


def test_wrong_words_are_one_line(steady: Command) -> None:
    said = steady("exceptions", "--cause", "odd")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("metertui: --cause odd is not a cause; choose one of suspect, reset")
    assert steady("exceptions", "--limit", "0").code == 2
    assert steady("exceptions", "--open", "--all").code == 2
