"""Options that several commands take."""

from __future__ import annotations

import argparse

import pytest

from metertui.cli.parsing import Parser
from metertui.cli.shared_options import Shared, option_of, port_number, words_of


def test_a_port_is_a_number_that_tcp_has() -> None:
    assert (port_number("0"), port_number("65535")) == (0, 65535)
    for wrong in ("65536", "-1", "", "http", "७"):
        with pytest.raises(argparse.ArgumentTypeError, match="a port is a number from 0 to 65535"):
            port_number(wrong)


def test_a_field_has_an_option_and_a_name_for_people() -> None:
    assert (option_of("sub_region"), words_of("sub_region")) == ("--sub-region", "sub-region")
    assert (option_of("apartment_type"), words_of("apartment_type")) == ("--apartment-type", "apartment type")


def test_days_are_asked_for_only_where_they_are_required() -> None:
    shared = Shared()
    assert Parser(parents=[shared.some_days]).parse_args([]).first is None
    with pytest.raises(SystemExit):
        Parser(parents=[shared.days]).parse_args(["--from", "2025-01-01"])
