"""The parser: errors in one line, options between operands, commands with verbs."""

from __future__ import annotations

import pytest

from metertui.cli.parsing import Commands, Parser, epilog


def small() -> Parser:
    top = Parser(prog="tool")
    commands = Commands(top)
    show = commands.add(
        "show", "a:show", "show a thing", usage="%(prog)s THING", more="At length.", examples="tool show x"
    )
    show.add_argument("thing")
    show.add_argument("size", nargs="?")
    show.add_argument("--colour", choices=("red", "green"))
    show.intermixed = True
    commands.add_group("staff", "change staff").add("list", "a:staff", "list staff")
    return top


def test_a_command_names_its_function_and_has_its_help() -> None:
    parsed = small().parse_args(["show", "x", "--colour", "red", "large"])
    assert (parsed.run, parsed.thing, parsed.size, parsed.colour) == ("a:show", "x", "large", "red")
    assert small().parse_args(["staff", "list"]).run == "a:staff"


def test_help_has_usage_summary_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        small().parse_args(["show", "--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: tool show THING\n\nShow a thing.\n\nAt length.\n")
    assert shown.endswith("example:\n  tool show x\n")
    assert epilog("") is None


def test_an_option_that_the_command_lacks_is_not_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither one of another command, nor the very word that was refused."""
    for words in ("staff list --color red", "--colour red staff list"):
        with pytest.raises(SystemExit):
            small().parse_args(words.split())
        assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("shwo x", "did you mean show?"),
        ("show x --color red", "unrecognized arguments: --color red; did you mean --colour?"),
        ("show x --col red", "unrecognized arguments: --col"),
    ],
)
def test_an_error_is_one_line_and_names_the_nearest_word(
    capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        small().parse_args(words.split())
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert said in shown
