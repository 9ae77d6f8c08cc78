"""The grammar: help for every command and option, and nothing loaded for it."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from metertui import __version__
from metertui.cli import grammar, shared_options
from metertui.engine.base.windows import WINDOW_NAMES
from metertui.engine.reports.report import COMPARES, MEASURES
from metertui.engine.usage.query import KEYS
from metertui.engine.worklist.cases import CAUSES
from tests.cli.conftest import Command


def every_command(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command of a parser by its words, the program itself first."""
    yield parser.prog.removeprefix("metertui").strip(), parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from every_command(each)


EVERY = dict(every_command(grammar.parser()))


@pytest.mark.parametrize("command", EVERY)
def test_every_command_has_help(metertui: Command, command: str) -> None:
    result = metertui(*command.split(), "--help")
    assert result.code == 0
    assert result.out.startswith("usage: metertui")


def test_version(metertui: Command) -> None:
    assert metertui("--version").out == f"metertui {__version__}\n"


@pytest.mark.parametrize("command", EVERY)
def test_every_option_and_operand_has_help(command: str) -> None:
    actions = [each for each in EVERY[command]._actions if not isinstance(each, argparse._SubParsersAction)]
    assert [each.dest for each in actions if not each.help] == []


@pytest.mark.parametrize("command", ["tui", "serve", "demo", "generate"])
def test_a_command_that_prints_no_rows_takes_a_format_but_does_not_offer_it(command: str) -> None:
    assert "--format" in EVERY[command]._option_string_actions
    assert "--format" not in EVERY[command].format_help()


@pytest.mark.parametrize("command", EVERY)
def test_every_command_names_a_function_of_the_package(command: str) -> None:
    module, _, function = str(EVERY[command].get_default("run")).partition(":")
    has_verbs = command in {"users", "admins"}
    assert has_verbs or callable(getattr(import_module(f"metertui.cli.{module}"), function))


def test_help_names_the_windows_keys_and_causes_that_there_are() -> None:
    assert shared_options.WINDOWS == WINDOW_NAMES
    assert list(KEYS) == list(shared_options.KEYS)
    assert shared_options.CAUSES == CAUSES
    assert shared_options.MEASURES == MEASURES
    assert ("", *shared_options.COMPARES) == COMPARES


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_the_grammar_loads_nothing_heavy() -> None:
    assert not loaded_by("from metertui.cli.grammar import parser; parser()") & {
        "numpy",
        "pandas",
        "textual",
        "asyncio",
    }


def test_serving_never_loads_the_screens() -> None:
    assert not loaded_by("import metertui.cli.serve") & {"textual", "rich", "plotext"}


@pytest.mark.parametrize("command", [each for each in EVERY if each not in {"users", "admins"}])
def test_format_stands_behind_every_command(command: str) -> None:
    """An import has its own."""
    assert "--format" in EVERY[command]._option_string_actions


@pytest.mark.parametrize("command", EVERY)
def test_help_fits_80_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for examples, which are to be copied."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = EVERY[command].format_help().splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("  metertui")] == []


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("void m-1 2025-01-01T00:00", "--reason R"),
        ("correct m-1 2025-01-01T00:00 5", "--reason R"),
        ("release m-1 2025-01-01T00:00", "--reason R"),
        ("exchange m-1 --time 2025-01-01T00:00", "--final KWH --initial KWH"),
        ("query", "--from D --to D"),
        ("export -o out.csv", "--from D --to D"),
        ("replay --tariff t.csv", "--from D --to D"),
    ],
)
def test_what_a_command_asks_for_looks_required(metertui: Command, given: str, asked: str) -> None:
    words = given.split()
    usage = " ".join(EVERY[words[0]].format_usage().split())
    options = [word for word in asked.split() if word.startswith("--")]
    assert asked in usage
    assert not any(f"[{option}" in usage for option in options)
    result = metertui(*words)
    assert (result.code, result.out) == (2, "")
    assert all(option in result.err for option in options)


def test_import_names_form_and_format_apart() -> None:
    usage = EVERY["import"].format_usage()
    assert "--form NAME" in usage
    assert "--format {table,csv,json}" in usage
