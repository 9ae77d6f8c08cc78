"""The commands that read and write files of readings."""

from __future__ import annotations

from typing import get_args

import pytest

from metertui.cli.grammar import parser
from metertui.cli.grammar_files import FORMS
from metertui.formats import FORMS as READ
from metertui.formats.said.options import DateOrder, Unit


def test_every_form_that_is_read_can_be_named() -> None:
    assert ("auto", *READ) == FORMS


def test_the_form_of_a_file_may_stand_where_the_format_of_the_answer_does() -> None:
    options = parser().parse_args(["import", "a.csv", "--format", "wide", "--format", "json"])
    assert (options.form, options.format) == ("wide", "json")


@pytest.mark.parametrize(("option", "words"), [("--unit", get_args(Unit)), ("--date-order", get_args(DateOrder))])
def test_what_a_person_can_say_is_what_readers_take(option: str, words: tuple[str, ...]) -> None:
    for word in words:
        parser().parse_args(["import", "a.csv", option, word])
    with pytest.raises(SystemExit):
        parser().parse_args(["import", "a.csv", option, "miles"])
