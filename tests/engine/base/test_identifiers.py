"""Identifiers of registers: METER and METER:CHANNEL."""

from __future__ import annotations

import pytest

from metertui.engine.base.identifiers import (
    Identifier,
    check_identifier,
    check_meter_id,
    meter_of,
    parse_identifier,
    plain_identifier,
    split_identifier,
)
from metertui.engine.errors import Refused


@pytest.mark.parametrize(
    "text", ["524-935-527", "123456", "a", "Z" * 32, "9._-", "AT" + "9" * 31, "DE00012345678" + "A" * 20]
)
def test_meter_ids(text: str) -> None:
    assert check_meter_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "Z" * 33, "9" * 33, "AT" + "9" * 32, "at" + "9" * 31, "-1", ".a", "_a", "a b", "a\n", "é", "a,b", "=1+1"],
)
def test_what_is_no_meter_id_is_refused(text: str) -> None:
    with pytest.raises(Refused) as error:
        check_meter_id(text)
    assert error.value.code == "bad-meter-id"
    assert error.value.why.startswith(f"{len(text)} characters are too many: ") == (len(text) > 32)


@pytest.mark.parametrize(
    ("text", "meter", "channel", "stored"),
    [
        ("123456", "123456", "use", "123456"),
        ("123456:use", "123456", "use", "123456"),
        ("A.b-c_9:export", "A.b-c_9", "export", "A.b-c_9:export"),
        ("1:t1", "1", "t1", "1:t1"),
        ("1:_", "1", "_", "1:_"),
        ("1:" + "z" * 16, "1", "z" * 16, "1:" + "z" * 16),
    ],
)
def test_a_register_is_named_by_meter_and_channel(text: str, meter: str, channel: str, stored: str) -> None:
    found = parse_identifier(text)
    assert found == Identifier(meter, channel) == split_identifier(stored)
    assert str(found) == check_identifier(text) == plain_identifier(text) == stored
    assert meter_of(stored) == meter


@pytest.mark.parametrize(
    "text", ["", ":", ":t1", "1:", "1:T1", "1:" + "z" * 17, "1:t 1", "1:t-1", "1:é", "1:t1:t2", "-:t1"]
)
def test_what_names_no_register_is_refused(text: str) -> None:
    for check in (parse_identifier, check_identifier):
        with pytest.raises(Refused) as error:
            check(text)
        assert error.value.code == "bad-meter-id"
