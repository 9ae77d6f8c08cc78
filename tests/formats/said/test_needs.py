"""What neither a file nor a person says is asked for, all of it in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.said.needs import Asking, Need, NotSaid, agreed, in_order, not_said, unclear

FILE = Path("june.csv")


def test_what_nobody_says_is_asked_for_by_the_name_of_the_option() -> None:
    assert str(not_said(FILE, "date_order", "01/02/2025")) == (
        "june.csv: the file does not say whether day or month stands first in its dates (01/02/2025); "
        "give --date-order dmy or --date-order mdy"
    )


def test_all_that_is_missing_is_asked_for_in_one_sentence() -> None:
    needs = [Need("unit"), Need("meter"), Need("columns", fact="column 'x' is net", give="--columns kwh=x")]
    assert str(NotSaid(FILE, in_order(needs))) == (
        "june.csv: the file does not say which meter it is of and the unit of its figures; give --meter ID and "
        "--unit (Wh, kWh or MWh); column 'x' is net; give --columns kwh=x"
    )
    assert [need.question() for need in needs] == ["the unit of its figures", "which meter it is of", needs[2].fact]


def test_needs_are_gathered_each_once() -> None:
    asking = Asking([Need("meter")])
    assert asking.noted(lambda: agreed(FILE, "meter", "", ""), "nobody") == "nobody"
    assert asking.noted(lambda: agreed(FILE, "unit", "", "Wh"), "") == "Wh"
    for fact in ("one", "other", "one"):
        with pytest.raises(NotSaid) as raised:
            raise unclear(FILE, "columns", fact, "--columns")
        asking.add(raised.value.needs)
    assert [(need.option, need.fact) for need in asking.needs] == [
        ("meter", ""),
        ("columns", "one"),
        ("columns", "other"),
    ]


def test_what_the_file_says_need_not_be_said() -> None:
    assert agreed(FILE, "unit", "", "Wh") == agreed(FILE, "unit", "Wh", "Wh") == agreed(FILE, "unit", "Wh", "") == "Wh"


def test_what_contradicts_the_file_is_refused() -> None:
    with pytest.raises(DataError, match=r"june.csv: the file says Wh, which --unit kWh contradicts"):
        agreed(FILE, "unit", "kWh", "Wh")
    with pytest.raises(DataError, match="the unit of its figures; give --unit Wh"):
        agreed(FILE, "unit", "", "")
