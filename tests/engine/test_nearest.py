"""What someone may have meant."""

from __future__ import annotations

import pytest

from metertui.engine.nearest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "found"),
    [("last_mont", "last_month"), ("LAST_MONTH", "last_month"), ("yesteday", "yesterday"), ("zz", ""), ("", "")],
)
def test_the_nearest_word_is_found(word: str, found: str) -> None:
    assert nearest(word, ["month", "last_month", "yesterday"]) == found


def test_it_ends_a_sentence() -> None:
    assert did_you_mean("Noth", ["North", "South"]) == "; did you mean North?"
    assert did_you_mean("zz", ["North"]) == ""
