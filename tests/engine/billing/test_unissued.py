"""Months that no run has billed, by month and meter."""

from __future__ import annotations

import pytest

from metertui.engine.billing.unissued import unissued_months, unissued_sentences
from metertui.engine.columns.columns import Frozen
from tests.engine.billing.test_billing_run import ZONE
from tests.engine.build import frozen


def town() -> Frozen:
    """Two meters, read on the first of each month: `a` from January to May, `b` used something in March alone."""
    months = [ZONE.parse(f"2025-0{month}-01T00:00") for month in range(1, 7)]
    a = [(at, 100_000 * place) for place, at in enumerate(months)]
    b = [(months[2], 5_000), (months[3], 55_000), (months[4], 55_000)]
    return frozen({"a": a, "b": b, "silent": []}, ZONE)


@pytest.mark.parametrize(
    ("issued", "until", "expected"),
    [
        ((), "2025-02", [("2025-01", 100_000, "a", False)]),
        (("2025-01", "2025-02"), "2025-03", []),
        (("2025-02", "2025-04"), "2025-04", [("2025-01", 100_000, "a", False), ("2025-03", 150_000, "ab", True)]),
        (("2025-01", "2025-02"), "2025-05", [("2025-03", 150_000, "ab", True), ("2025-04", 100_000, "a", True)]),
        (("2025-01", "2025-02", "2025-03", "2025-04", "2025-05"), "2025-09", []),  # June has no usage yet
    ],
)
def test_a_month_with_usage_before_an_issued_one_is_found(
    issued: tuple[str, ...], until: str, expected: list[tuple[str, int, str, bool]]
) -> None:
    data = town()
    assert [
        (
            each.month,
            each.usage_wh,
            "".join(data.ids[code] for code in each.meters.nonzero()[0].tolist()),
            each.after_issued,
        )
        for each in unissued_months(data, issued, until)
    ] == expected


def test_months_that_follow_one_another_are_one_sentence() -> None:
    data = town()
    assert list(unissued_sentences(data, unissued_months(data, ("2025-02",), "2025-06"))) == [
        "2025-01: never issued: 100 kWh of 1 meter: a",
        "2025-03 to 2025-05: never issued: 350 kWh of 2 meters: a, b",
    ]
    assert not list(unissued_sentences(data, []))


def test_a_sentence_names_the_first_few_meters() -> None:
    start, end = ZONE.parse("2025-01-01T00:00"), ZONE.parse("2025-02-01T00:00")
    data = frozen({f"m-{number}": [(start, 0), (end, 1_000)] for number in range(7)}, ZONE)
    [sentence] = unissued_sentences(data, unissued_months(data, (), "2025-02"))
    assert sentence == "2025-01: never issued: 7 kWh of 7 meters: m-0, m-1, m-2, m-3, m-4 and 2 more"


def test_without_readings_nothing_is_left_out() -> None:
    assert unissued_months(frozen({"silent": []}, ZONE), ("2025-01",), "2025-06") == []
