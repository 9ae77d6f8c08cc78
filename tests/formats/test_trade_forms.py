"""The forms of the trade, by their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.formats.said.options import Said
from metertui.formats.said.taken import Taken
from metertui.formats.trade_forms import TradeForm, detect_trade_form, read_pieces
from tests.formats.green_button import block, feed, meter_reading, reading, reading_type, usage_point

NEM12 = "100,NEM12,202501050000,A,B\n200,m,E1,1,E1,N1,S1,kWh,1440,\n300,20250103,1.5,A,,,,\n900\n"
NEM13 = (
    "100,NEM13,202501050000,A,B\n"
    "250,m,11,1,11,,S1,E,1,20250103000000,A,,,2.5,20250104000000,A,,,1.5,kWh,,20250105000000,\n900\n"
)
ESPI = feed(usage_point(), meter_reading(), reading_type(), block(reading(0, "1500")))


@pytest.mark.parametrize(
    ("text", "form"), [(NEM12, "nem12"), (NEM13, "nem13"), (ESPI, "espi"), ("m,2025-01-01,1", None)]
)
def test_each_form_has_its_reader(tmp_path: Path, text: str, form: TradeForm | None) -> None:
    path = tmp_path / "any"
    path.write_text(text)
    assert detect_trade_form(text.encode()) == form
    if form is not None:
        said = Said(kind="interval", meter="m")
        told: list[Taken] = []
        pieces = list(read_pieces(path, form, said, SiteZone("UTC"), tell=told.append))
        assert [each.register for taken in told for each in taken.series] == ["m"]
        assert sum(len(piece.rows) for piece in pieces) == 1
