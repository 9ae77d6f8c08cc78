"""The first lines of those that come in another order."""

from __future__ import annotations

import numpy as np

from metertui.engine.base import BadLine
from metertui.engine.core.first_lines import FirstLines


def test_the_first_in_order_of_file_and_line_are_kept_and_all_are_counted() -> None:
    found = FirstLines(3)
    made = []
    for source, lines in ((1, [4, 2]), (0, [9, 8, 7, 6, 5]), (1, [1])):

        def line(at: int, source: int = source, lines: list[int] = lines) -> BadLine:
            made.append(lines[at])
            return BadLine(f"{source}.csv", lines[at], "conflict", "", "")

        found.add(np.full(len(lines), source, dtype=np.int32), np.array(lines), line)
    assert [(each.source, each.line) for each in found.lines()] == [("0.csv", 5), ("0.csv", 6), ("0.csv", 7)]
    assert (found.count, 9 in made) == (8, False), "what is not among the first is not made"
