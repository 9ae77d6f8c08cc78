"""The series that rows are of, where the texts of a column say so: `Import`, `1.8.0`, `sensor.grid_export`.

A text says by its words of which register its rows are. A person may say it too, as of a column; then no other series
is that register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.figure_columns import TARIFFS, channel_of
from metertui.formats.meter_tables.nem_streams import (
    DIRECTIONS,
    SUFFIX,
    channels,
    direction_of,
    why_left_out,
)
from metertui.formats.meter_tables.words import POWER_UNITS, is_whole_of, meaning_of, unit_of
from metertui.formats.said import Kind, NotSaid, quoted, several, unclear

MOST_SERIES: Final = 1000
"""Series of a file that are told apart."""


class RowText(NamedTuple):
    """What a row says of its series."""

    meter: str
    text: str
    unit: str
    """The text of its unit; both are empty where no column has them."""


@dataclass(frozen=True)
class RowSeries:
    """Which register the rows of each series are of."""

    said: Mapping[str, str] = field(default_factory=dict)
    """Channels by the texts of which a person says them, or a column that is known by its name."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why the rows of a text are not taken, where that is known."""
    are_streams: bool = False
    """Whether the texts are suffixes of the Australian market. Which register one is follows from all of them."""
    renamed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Channels of meters with fewer streams than others, by the meter and the channel that the text would be."""

    def channel_of(self, text: str) -> str:
        """Return the channel of a series of energy; empty if another one is said to be that."""
        channel = "" if text in self.left_out else self.said.get(text)
        if channel is None:
            channel = channel_of(meaning_of(text))
            return "" if channel in self.said.values() else channel
        return channel

    def why_left_out(self, text: str) -> str:
        """Return why a series is left out that no channel is known of."""
        if text in self.left_out:
            return self.left_out[text]
        channel = channel_of(meaning_of(text))
        return f"'{next(other for other, said in self.said.items() if said == channel)}' is {channel}"

    def check(
        self,
        path: Path,
        found: Iterable[RowText],
        kind: Kind | str,
        unit: str,
        clashing: Set[frozenset[str]],
    ) -> None:
        """Raise NotSaid for series that would be one register, DataError for one that is said and is not there.

        Series of intervals may follow one another; of those that are `clashing`, two have an energy for one time.
        """
        found = sorted(found)
        texts = {each.text for each in found}
        for text in self.said.keys() - texts if len(found) < MOST_SERIES else ():
            there = f"series: {quoted(sorted(texts))}"
            raise DataError(path, None, f"--columns: neither a column nor a series is '{text}'; {there}")
        for text in self.said:
            if what := not_energy(text, unit):
                raise DataError(path, None, f"--columns: the series '{text}' is {what}, not energy")
        for text in sorted(texts - self.said.keys()):
            direction = meaning_of(text).direction
            if direction in ("doubtful", "net") and not not_energy(text, unit):
                may = "is use less feed-in, not either" if direction == "net" else "may be use or feed-in"
                raise unclear(path, "columns", f"the series '{text}' {may}", f"--columns use={text} or export={text}")
        same: dict[tuple[str, str], list[str]] = {}
        for meter, text, unit_text in found:
            is_energy = text and not (unit_text and not unit_of(unit_text)) and not not_energy(text, unit)
            if is_energy and (channel := self.channel_of(text)):
                known = same.setdefault((meter, channel), [])
                known += [text] if text not in known else []
        for (meter, channel), each in same.items() if kind == "interval" else ():
            if channel == "use":
                self._check_whole(path, each, [part for at in sorted(TARIFFS) for part in same.get((meter, at), ())])
        groups = {
            (channel, tuple(each))
            for (_, channel), each in same.items()
            if len(each) > 1 and (kind == "register" or any(pair <= {*each} for pair in clashing))
        }
        if groups:
            raise NotSaid(path, [several("series", channel, each) for channel, each in sorted(groups)])

    def _check_whole(self, path: Path, texts: Iterable[str], parts: Sequence[str]) -> None:
        """Raise NotSaid for a series that stands beside tariffs, and may be one of them as well as all of the use."""
        for text in texts if parts else ():
            if text not in self.said and not is_whole_of(text, parts):
                why = f"the series '{text}' stands beside {quoted(parts)}, and may be one tariff more or all of the use"
                raise unclear(path, "columns", why, f"--columns t3={text} or --columns use={text}")


AS_THEY_SAY: Final = RowSeries()


def series_of_streams(suffixes: Iterable[str], rows: Iterable[RowText] = ()) -> RowSeries:
    """Return which register the rows of each stream of the Australian market are of.

    It follows from the streams of a meter. `rows` are all that rows say; without them all meters have all streams.
    """
    suffixes = {*suffixes}
    streams = [each for each in suffixes if SUFFIX.fullmatch(each)]
    said = _channels_of_streams(streams)
    left_out = {text: why_left_out(text) for text in streams if text not in said}
    left_out |= dict.fromkeys(suffixes.difference(streams), "no suffix of a stream")
    of_meters: dict[str, set[str]] = {}
    for meter, text, _ in rows:
        of_meters.setdefault(meter, set()).add(text)
    renamed = {
        (meter, said[text]): channel
        for meter, texts in of_meters.items()
        for text, channel in _channels_of_streams(texts.intersection(said)).items()
        if channel != said[text]
    }
    return RowSeries(said, left_out, are_streams=True, renamed=renamed)


def _channels_of_streams(suffixes: Iterable[str]) -> dict[str, str]:
    of = {way: [each for each in suffixes if direction_of(each) == way] for way in DIRECTIONS}
    return {text: channel for way, texts in of.items() for text, channel in channels(texts, way).items()}


def not_energy(text: str, unit: str) -> str:
    """Return what a series is, if it is no energy: power is, where the `unit` of all figures is one of power."""
    what = meaning_of(text).not_energy
    return "" if what == "power" and unit in POWER_UNITS else what
