"""The XML of Green Button files, read as a stream: entries of an Atom feed, and the readings of interval blocks.

Document types and entities are refused, so nothing in a file is expanded or fetched. Names count without their prefix,
as files choose their prefixes freely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers import expat

from metertui.engine.base import Progress
from metertui.engine.errors import DataError

_CHUNK: Final = 1 << 18
"""Bytes parsed at a time."""
_LONGEST: Final = 1 << 22
"""Bytes; a tag or a text that is longer is none of a feed of readings."""
_DEEPEST: Final = 100
_CONTENTS: Final = frozenset({"UsagePoint", "MeterReading", "ReadingType", "LocalTimeParameters", "IntervalBlock"})
_OF_READING: Final = frozenset({"value", "start", "duration"})


class Reading(NamedTuple):
    """An interval reading as its texts stand in the file; empty where there is none."""

    line: int
    start: str
    duration: str
    value: str
    qualities: str
    """Quality codes, with blanks between them."""


@dataclass
class Entry:
    """An entry of the feed: what it is, its links, and the texts in it."""

    kind: str = ""
    """One of UsagePoint, MeterReading, ReadingType, LocalTimeParameters, IntervalBlock; empty for any other."""
    line: int = 0
    title: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    """The relation and address of each link."""
    texts: dict[str, str] = field(default_factory=dict)
    """Texts by the names of the elements that lead to them from the content: `ServiceCategory/kind`."""

    def link_to(self, part: str, relation: str = "") -> str:
        """Return the first address that has a part, of links with this relation or of all; empty if there is none."""
        found = (to for how, to in self.links if part in to and relation in ("", how))
        return next(found, "")


class Broken(NamedTuple):
    """Where and why the XML cannot be read on."""

    line: int
    why: str


Item = Entry | list[Reading] | Broken


def read_feed(path: Path, progress: Progress, *, readings: bool) -> Iterator[Item]:
    """Yield the entries of a feed in order, each interval block before its readings, which come in lists.

    Without `readings` none of them is yielded, which is faster. The last item may be where the XML is broken. Raises
    DataError for a file with a document type, OSError.
    """
    size = path.stat().st_size or 1
    feed = _Feed(path, readings)
    done = 0
    with path.open("rb") as file:
        while True:
            data = file.read(_CHUNK)
            try:
                feed.parser.Parse(data, not data)
            except expat.ExpatError as error:
                yield from feed.taken()
                yield Broken(error.lineno, f"the XML breaks off or is broken here: {expat.ErrorString(error.code)}")
                return
            except (LookupError, ValueError) as error:
                raise DataError(path, 1, f"the XML names an encoding that is not known: {error}") from error
            done += len(data)
            yield from feed.taken()
            if not data:
                return
            if done - feed.parser.CurrentByteIndex > _LONGEST or feed.is_text_long():
                raise DataError(
                    path, feed.parser.CurrentLineNumber, "a tag or text is too long: this is no feed of readings"
                )
            progress(done / size)


class _Feed:
    """Makes items of what the parser finds."""

    def __init__(self, path: Path, readings: bool) -> None:
        self._path = path
        self._readings = readings
        self._items: list[Item] = []
        self._batch: list[Reading] = []
        self._entry = Entry()
        self._path_of_names: list[str] = []
        self._text: list[str] = []
        self._content = 0
        """How deep the content of the entry lies; 0 outside of it."""
        self._values: dict[str, str] | None = None
        """The texts of the reading that is open."""
        self._line = 0
        self._local: dict[str, str] = {}
        """Names of elements without their prefix."""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.EntityDeclHandler = self._refuse_doctype
        self._outside()

    def taken(self) -> list[Item]:
        """Return the items that are complete."""
        self._end_batch()
        items, self._items = self._items, []
        return items

    def is_text_long(self) -> bool:
        """Return whether the text that is being read is longer than any of a feed of readings."""
        return sum(map(len, self._text)) > _LONGEST

    def _refuse_doctype(self, *_: object) -> None:
        why = "the XML has a document type or entities, which a Green Button file has not: nothing of it is read"
        raise DataError(self._path, self.parser.CurrentLineNumber, why)

    def _outside(self) -> None:
        """Handle elements as those outside of an interval block."""
        self.parser.CharacterDataHandler = self._text.append
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.rpartition(":")[2]
        names = self._path_of_names
        names.append(name)
        del self._text[:]
        if len(names) > _DEEPEST:
            raise DataError(
                self._path, self.parser.CurrentLineNumber, "the XML is nested too deeply for a feed of readings"
            )
        if name == "entry" and not self._content:
            self._entry = Entry(line=self.parser.CurrentLineNumber)
        elif name == "link" and not self._content:
            self._entry.links.append((attributes.get("rel", ""), attributes.get("href", "")))
        elif name in _CONTENTS and not self._content:
            self._content = len(names)
            if self._entry.kind:  # several in one entry, which then share its links
                self._entry = Entry(line=self._entry.line, title=self._entry.title, links=self._entry.links)
            self._entry.kind = name
            if name == "IntervalBlock":
                self._items.append(self._entry)
                self.parser.StartElementHandler = self._start_in_block
                self.parser.EndElementHandler = self._end_in_block

    def _end(self, name: str) -> None:
        names, text = self._path_of_names, "".join(self._text).strip()
        del self._text[:]
        if self._content == len(names):
            self._content = 0
            self._items.append(self._entry)
        elif self._content:
            if text:
                self._entry.texts.setdefault("/".join(names[self._content :]), text)
        elif names[-1] == "title" and not self._entry.title:
            self._entry.title = text
        names.pop()

    def _start_in_block(self, name: str, _: object) -> None:
        del self._text[:]
        if name.endswith("IntervalReading"):
            self._values, self._line = {}, self.parser.CurrentLineNumber

    def _end_in_block(self, name: str) -> None:
        values = self._values
        if values is None:
            self._end_outside_of_readings(name.rpartition(":")[2])
            return
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = name.rpartition(":")[2]
        if local in _OF_READING:
            values[local] = "".join(self._text).strip()
        elif local == "IntervalReading":
            get = values.get
            self._batch.append(
                Reading(self._line, get("start", ""), get("duration", ""), get("value", ""), get("quality", ""))
            )
            self._values = None
        elif local == "quality":
            values[local] = f"{values.get(local, '')} {''.join(self._text).strip()}"
        del self._text[:]

    def _end_outside_of_readings(self, name: str) -> None:
        if name in ("start", "duration"):
            self._entry.texts.setdefault(f"interval/{name}", "".join(self._text).strip())
        elif name == "interval" and not self._readings:  # only the end of the block is waited for
            self.parser.StartElementHandler = self.parser.CharacterDataHandler = None
            self.parser.EndElementHandler = self._end_passed_over
        elif name == "IntervalBlock":
            self._end_batch()
            self._content = 0
            self._path_of_names.pop()
            self._outside()

    def _end_passed_over(self, name: str) -> None:
        if name.endswith("IntervalBlock"):
            self._end_outside_of_readings("IntervalBlock")

    def _end_batch(self) -> None:
        if self._batch:
            self._items.append(self._batch)
            self._batch = []
