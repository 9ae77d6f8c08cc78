"""Cells as shapes and texts of a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from rich.segment import Segment
from rich.style import Style

from metertui.screens.papers.cells_svg import as_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*segments: Segment) -> ET.Element:
    return ET.fromstring(as_svg([list(segments)], "a <title>", {"zone": "Europe/Wien"}, "#111111", "#ffffff"))


def test_a_text_has_exactly_its_cells_and_is_data() -> None:
    root = drawn(Segment("  a<b 漢 ", Style(color="#ff0000", bold=True)), Segment("next"))
    first, following = root.findall(f"{SVG}text")
    assert (first.text, first.get("fill"), first.get("font-weight")) == ("a<b 漢", "#ff0000", "bold")
    assert float(first.get("textLength", 0)) == pytest.approx(6 * 8.4)  # the last character is two cells wide
    assert float(following.get("x", 0)) - float(first.get("x", 0)) == pytest.approx(7 * 8.4)
    assert (following.text, following.get("fill")) == ("next", "#111111")
    assert root.findtext(f"{SVG}title") == "a <title>"
    assert json.loads(root.findtext(f"{SVG}metadata") or "") == {"zone": "Europe/Wien"}
    assert not [each for each in root.iter() if "href" in each.attrib]


def test_blocks_and_dots_are_shapes() -> None:
    rects = drawn(Segment("█▄▌░⡀", Style(color="#00ff00", bgcolor="#000000"))).findall(f"{SVG}rect")[1:]
    ground, *shapes = [(float(each.get("width", 0)), float(each.get("height", 0))) for each in rects]
    assert ground == (5 * 8.4, 18.0)
    assert shapes[:4] == [(8.4, 18.0), (8.4, 9.0), (4.2, 18.0), (8.4, 18.0)]
    assert len(shapes) == 5
    assert rects[4].get("fill-opacity") == "0.3"
    assert not drawn(Segment("█▄ ▌░⡀")).findall(f"{SVG}text")
