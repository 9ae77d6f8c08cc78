"""Green Button feeds as a stream of entries and readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.errors import DataError
from metertui.formats.espi_feed import Broken, Entry, Item, Reading, read_feed
from tests.formats.green_button import POINT, START, block, entry, feed, reading, reading_type, usage_point


def items(path: Path, content: str | bytes, *, readings: bool = True) -> list[Item]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_feed(path, no_progress, readings=readings))


def test_entries_and_readings_come_in_order(tmp_path: Path) -> None:
    text = feed(usage_point(), block(reading(0, "282", quality="8 7"), reading(1, "")), reading_type())
    point, of_block, readings, kind_of = items(tmp_path / "a", text)
    assert isinstance(point, Entry)
    assert (point.kind, point.texts, point.links) == (
        "UsagePoint",
        {"ServiceCategory/kind": "0"},
        [("self", f"/espi/{POINT}")],
    )
    assert isinstance(of_block, Entry)
    assert of_block.texts == {"interval/duration": "86400", "interval/start": str(START)}
    assert of_block.link_to("MeterReading/", "self").endswith("MeterReading/1/IntervalBlock/9")
    assert readings == [Reading(6, str(START), "900", "282", " 8 7"), Reading(7, str(START + 900), "900", "", "")]
    assert isinstance(kind_of, Entry)
    assert (kind_of.kind, kind_of.texts["uom"], kind_of.link_to("nothing")) == ("ReadingType", "72", "")
    without = items(tmp_path / "a", text, readings=False)
    assert [type(item) for item in without] == [Entry] * 3


def test_blocks_of_one_entry_share_its_links_wherever_they_stand(tmp_path: Path) -> None:
    one = "<e:IntervalBlock><e:interval><e:start>5</e:start></e:interval></e:IntervalBlock>"
    text = feed(f"<entry><content>{one}{one.replace('5', '6')}</content><link rel='up' href='late'/></entry>")
    blocks = [item for item in items(tmp_path / "a", text) if isinstance(item, Entry)]
    assert [(each.texts["interval/start"], each.link_to("late", "up")) for each in blocks] == [
        ("5", "late"),
        ("6", "late"),
    ]


@pytest.mark.parametrize("prefix", ["", "espi:", "ns0:"])
def test_names_count_without_their_prefix(tmp_path: Path, prefix: str) -> None:
    text = feed(block(reading(0, "5"))).replace("e:", prefix).replace(f"xmlns:{prefix}", "xmlns:e") if prefix else None
    found = items(tmp_path / "a", text or feed(block(reading(0, "5"))).replace("<e:", "<").replace("</e:", "</"))
    assert [item[0].value for item in found if isinstance(item, list)] == ["5"]


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n',
        '<!DOCTYPE feed SYSTEM "file:///etc/passwd">\n',
        "<!DOCTYPE feed>\n",
    ],
)
def test_document_types_and_entities_are_refused(tmp_path: Path, before: str) -> None:
    with pytest.raises(DataError, match=r"a:1: the XML has a document type or entities"):
        items(tmp_path / "a", feed(before=before))


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("", "no element found"),
        ("<oops", "unclosed token"),
        ("\xff</feed>", "not well-formed"),
        ("&x;", "undefined entity"),
    ],
)
def test_what_stands_before_a_break_is_kept(tmp_path: Path, end: str, why: str) -> None:
    text = feed(block(reading(0, "5"))).removesuffix("</feed>\n").encode() + end.encode("latin-1")
    _, readings, broken = items(tmp_path / "a", text)
    assert isinstance(readings, list)
    assert len(readings) == 1
    assert isinstance(broken, Broken)
    assert why in broken.why
    assert broken.line > 5


@pytest.mark.parametrize(
    "content",
    ["<e:a>" * 200, f"<title>{'a' * 9_000_000}</title>", f"<link href='{'a' * 9_000_000}'/>"],
    ids=["nested", "text", "tag"],
)
def test_what_no_feed_is_made_of_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"feed of readings"):
        items(tmp_path / "a", feed(entry(content)))


def test_a_feed_in_another_encoding_is_read(tmp_path: Path) -> None:
    text = feed(block(reading(0, "5")), before='<?xml version="1.0" encoding="UTF-16"?>')
    assert [len(item) for item in items(tmp_path / "a", text.encode("utf-16")) if isinstance(item, list)] == [1]


@pytest.mark.parametrize("encoding", ["UTF-9", "big5"])
def test_an_encoding_that_is_not_known_is_an_error(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(DataError, match="names an encoding that is not known"):
        items(tmp_path / "a", feed(before=f'<?xml version="1.0" encoding="{encoding}"?>'))
