"""What `metertui import` prints."""

from __future__ import annotations

import pytest

from metertui.cli.import_report import print_refusals

MISFIT = {"source": "june.csv", "line": 3, "code": "syntax", "why": "cut \x1b[2J", "text": ""}


@pytest.mark.parametrize(
    ("refused", "reasons", "last"),
    [
        (1, {"syntax": 1}, "june.csv:3: syntax: cut ␛[2J"),
        (2, {"syntax": 2}, "and 1 more; all refused lines: 2 syntax; see rejects.log"),
        (3, {"syntax": 1, "conflict": 2}, "and 2 more; all refused lines: 2 conflict, 1 syntax; see rejects.log"),
    ],
)
def test_the_first_refused_lines_are_told(
    capsys: pytest.CaptureFixture[str], refused: int, reasons: dict[str, int], last: str
) -> None:
    print_refusals({"misfits": [MISFIT], "refused": refused, "reasons": reasons})
    assert capsys.readouterr().err.splitlines()[-1] == last
