"""What a person says of a file that says most of it itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.said import Said
from metertui.formats.stated import check_said

FILE = Path("june.xml")


def test_what_agrees_with_the_file_may_be_said() -> None:
    check_said(FILE, "NEM12", Said(unit="kWh", meter="m"), unit="kWh", stamps="start")


def test_columns_of_a_file_without_any_are_an_error() -> None:
    with pytest.raises(DataError, match="NEM12 says itself where its figures are; leave out --columns"):
        check_said(FILE, "NEM12", Said(columns={"kwh": "1"}))
