"""Figures are neither cut nor broken over two lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from metertui.text.whole_figures import cut_text, fit_text, unbroken


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("a rise of 88 540.000 kWh in 30 min", 14, "a rise of …"),
        ("a rise of 88 540.000 kWh in 30 min", 21, "a rise of 88 540.000…"),
        ("a rise of 88 540.000 kWh in 30 min", 20, "a rise of …"),
        ("lower than 202.000", 15, "lower than …"),
        ("+99 776 392.926 kWh", 14, "…"),
        ("538-673-012", 9, "538-673-…"),
        ("Harbour Road 12", 14, "Harbour Road …"),
        ("m1234567", 5, "m123…"),
        ("2026 more", 7, "2026 m…"),
        ("日本の読み", 6, "日本…"),
        ("whole", 5, "whole"),
        ("gone", 1, "…"),
        ("gone", 0, ""),
    ],
)
def test_a_text_is_cut_between_figures(text: str, width: int, shown: str) -> None:
    assert cut_text(text, width) == shown
    assert fit_text(text, width) == f"{shown}{'':{width - cell_len(shown)}}"


@given(st.text(alphabet="0123456789 .-+−kWhab日·", max_size=40), st.integers(1, 40))
def test_what_is_left_of_a_text_fits_and_ends_in_no_part_of_a_figure(text: str, width: int) -> None:
    shown = cut_text(text, width)
    assert cell_len(shown) <= width
    if shown != text:
        assert text.startswith(shown[:-1])
        kept = len(shown) - 1
        assert not re.search(r"(?<![\w.-])\d+$", text[:kept]) or not text[kept : kept + 1].isdigit()


def test_a_line_may_end_behind_a_figure_but_not_inside() -> None:
    for text in ("than 2 690.500 kWh counted", "on 29 Nov 2026 19:00 and 4.84 SGD", "a meter · 7.000 kWh · North"):
        joined = unbroken(text)
        assert len(joined) == len(text)
        assert [word.replace("x", " ") for word in joined.split()] != text.split()
    assert unbroken("than the 32 496 372.96 SGD of 12 Mar 2025 10:30:05; 1 reading") == (
        "than the 32x496x372.96xSGD of 12xMarx2025x10:30:05; 1 reading"
    )
    assert unbroken("533-913-228 2 days since") == "533-913-228 2xdays since"
    assert unbroken("2025 100 readings") == "2025 100 readings"
