"""Edits: what people decided about readings, and which of it is in force.

At one instant of a register several values may be stored, of which at most one stands. So a void and a release name the
value that they are about, and a correction names the one that it replaces and the one that it stores.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import FIRST, NONE_KNOWN, Contested, Corrections, Known

UNDOES: Final = {
    "unvoid": "void", "unrelease": "release", "unexchange": "exchange", "unaccept": "accept", "uncorrect": "correct"
}  # fmt: skip
"""The kinds of edits that undo another kind."""
OF_AN_INSTANT: Final = frozenset({*UNDOES, *UNDOES.values(), "note", "reask"})
OF_FIGURES: Final = frozenset(kind for kind in (*UNDOES, *UNDOES.values()) if UNDOES.get(kind, kind) != "accept")
"""The kinds of edits that may change which readings count."""
OF_LINES: Final = frozenset({"accept", "unaccept", "note"})
"""The kinds of edits that may be about a refused line of an unknown meter, or of none."""
OF_AN_ACCOUNT: Final = frozenset({"deactivate", "reactivate"})
_WORDS: Final = {"reask": "request reading"}
_NOTHING: Final[Mapping[int, bool]] = {}

Values = Mapping[int, tuple[int, ...]]
"""All values (Wh) stored at the instants (µs UTC) of a meter that have more than one, in order of arrival."""
NO_VALUES: Final[Values] = {}


def word_of(kind: str) -> str:
    """Return the word for a kind of edit that people read; the edit log has the kind itself."""
    return _WORDS.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit. `decided` is when it was made and `at` the instant that it is about, both in µs UTC.

    `at` is None if it is about the account. The registers are in Wh, and 0 if it is not an exchange.
    """

    decided: int
    meter: str
    kind: str
    at: int | None
    who: str
    reason: str
    final: int = 0
    initial: int = 0
    wh: int = FIRST
    """The value that a void or a release names, or that a correction replaces, Wh; FIRST if it names none."""
    to: int = 0
    """The value that a correction stores, Wh."""


@dataclass(slots=True)
class MeterEdits:
    """The edits of one meter that are in force, by the instant (µs UTC) that they are about."""

    voids: dict[int, dict[int, Edit]] = field(default_factory=dict)
    """By instant and the value that each names."""
    releases: dict[int, dict[int, Edit]] = field(default_factory=dict)
    exchanges: dict[int, Edit] = field(default_factory=dict)
    corrects: dict[int, list[Edit]] = field(default_factory=dict)
    """The corrections of an instant, the latest last."""
    accepts: dict[int, Edit] = field(default_factory=dict)
    """Exceptions that someone has reviewed and accepted."""
    notes: dict[int, list[Edit]] = field(default_factory=dict)
    """Notes and requests for another reading."""
    verdicts: dict[int, dict[int, bool]] = field(default_factory=dict)
    """By instant, what the latest edit of each value said of it: whether it is void."""
    _accepted: dict[int, frozenset[int]] = field(default_factory=dict)
    """The values of an instant that were void when its case was accepted."""

    def apply_edit(self, edit: Edit) -> None:
        """Put an edit into force, or undo the one that it undoes."""
        if edit.at is None:
            return
        undo, kind = edit.kind in UNDOES, UNDOES.get(edit.kind, edit.kind)
        match kind:
            case "void":
                key = _name(self.voids, edit, undo)
                self.verdicts.setdefault(edit.at, {})[edit.wh if key is None else key] = not undo
            case "release":
                _name(self.releases, edit, undo)
            case "correct":
                self._correct(edit, edit.at, undo)
            case "exchange" | "accept":
                in_force = self.exchanges if kind == "exchange" else self.accepts
                if undo:
                    in_force.pop(edit.at, None)
                else:
                    in_force[edit.at] = edit
                if kind == "accept":
                    self._accepted[edit.at] = self._void_at(edit.at)
            case _:
                self.notes.setdefault(edit.at, []).append(edit)

    def _correct(self, edit: Edit, at: int, undo: bool) -> None:
        made = self.corrects.setdefault(at, [])
        if undo:
            same = [place for place, each in enumerate(made) if (each.wh, each.to) == (edit.wh, edit.to)]
            if same:
                del made[same[-1]]
        else:
            made.append(edit)
        if not made:
            del self.corrects[at]
        verdicts = self.verdicts.setdefault(at, {})
        verdicts[edit.to] = undo
        if not undo or edit.wh in self.voids.get(at, ()):
            verdicts[edit.wh] = True
        else:
            verdicts.pop(edit.wh, None)

    # -- values ------------------------------------------------------------------------------------------------

    def verdicts_at(self, instant: int) -> Mapping[int, bool]:
        """Return which values at an instant (µs UTC) an edit made void, and which it brought back."""
        return self.verdicts.get(instant, _NOTHING)

    def is_released(self, instant: int, wh: int, first: int) -> bool:
        """Return whether a release names a value (Wh), where `first` is the first that is stored there."""
        named = self.releases.get(instant, _NOTHING)
        return wh in named or (wh == first and FIRST in named)

    @property
    def latest_verdict(self) -> int:
        """Return the last instant (µs UTC) with a void or corrected value; before any reading if there is none."""
        return max(self.verdicts, default=-1)

    # -- edits in force ----------------------------------------------------------------------------------------

    def in_force(self, kind: str) -> Iterator[Edit]:
        """Yield the edits of a kind (`void`, `accept`, …) that are in force."""
        match kind:
            case "void" | "release":
                for named in (self.voids if kind == "void" else self.releases).values():
                    yield from named.values()
            case "correct":
                for made in self.corrects.values():
                    yield from made
            case "exchange":
                yield from self.exchanges.values()
            case "accept":
                yield from (edit for at, edit in self.accepts.items() if self.accept_at(at) is edit)

    def is_in_force(self, edit: Edit) -> bool:
        """Return whether this very edit is among those of its kind that are in force."""
        assert edit.at is not None
        match edit.kind:
            case "void" | "release":
                named = self.voids if edit.kind == "void" else self.releases
                return named.get(edit.at, {}).get(edit.wh) is edit
            case "correct":
                return any(each is edit for each in self.corrects.get(edit.at, ()))
            case "exchange":
                return self.exchanges.get(edit.at) is edit
            case "accept":
                return self.accept_at(edit.at) is edit
        return False

    def void_of(self, instant: int, wh: int) -> Edit | None:
        """Return the void in force that names a value (Wh) at an instant (µs UTC)."""
        return _naming(self.voids, instant, wh)

    def release_of(self, instant: int, wh: int) -> Edit | None:
        """Return the release in force that names a value (Wh) at an instant (µs UTC)."""
        return _naming(self.releases, instant, wh)

    def correction_to(self, instant: int, wh: int) -> Edit | None:
        """Return the latest correction in force that stored a value (Wh) at an instant (µs UTC)."""
        return next((edit for edit in reversed(self.corrects.get(instant, ())) if edit.to == wh), None)

    def accept_at(self, instant: int) -> Edit | None:
        """Return the acceptance of the case at an instant (µs UTC), if the same reading stands since."""
        edit = self.accepts.get(instant)
        return edit if edit is not None and self._accepted[instant] == self._void_at(instant) else None

    def _void_at(self, instant: int) -> frozenset[int]:
        return frozenset(wh for wh, void in self.verdicts_at(instant).items() if void)

    def edit_at(self, instant: int, wh: int | None) -> Edit | None:
        """Return the exchange, release or acceptance in force at an instant (µs UTC); `wh` is the reading there."""
        release = None if wh is None else self.release_of(instant, wh)
        return self.exchanges.get(instant) or release or self.accept_at(instant)

    def latest_decision(self, instant: int) -> Edit | None:
        """Return the latest void or correction in force at an instant (µs UTC)."""
        made = [*self.voids.get(instant, {}).values(), *self.corrects.get(instant, ())]
        return max(made, key=lambda edit: edit.decided, default=None)

    def frozen(self) -> MeterEdits:
        """Return a copy that later edits do not change, and that can be changed by itself."""
        return MeterEdits(
            {at: dict(named) for at, named in self.voids.items()},
            {at: dict(named) for at, named in self.releases.items()},
            dict(self.exchanges),
            {at: list(made) for at, made in self.corrects.items()},
            dict(self.accepts),
            {at: list(made) for at, made in self.notes.items()},
            {at: dict(said) for at, said in self.verdicts.items()},
            dict(self._accepted),
        )


def _name(named: dict[int, dict[int, Edit]], edit: Edit, undo: bool) -> int | None:
    """Add an edit to those by instant and value, or take out the one that it undoes; return the value of that."""
    assert edit.at is not None
    if not undo:
        here = named.setdefault(edit.at, {})
        here.pop(edit.wh, None)  # so that the latest is the last
        here[edit.wh] = edit
        return None
    here = named.get(edit.at, {})
    key = next((wh for wh in (edit.wh, FIRST) if wh in here), None)
    if key is None and edit.wh == FIRST and here:
        key = next(reversed(here))  # it names no value: the latest
    if key is not None:
        del here[key]
        if not here:
            del named[edit.at]
    return key


def _naming(named: Mapping[int, Mapping[int, Edit]], instant: int, wh: int) -> Edit | None:
    here = named.get(instant, {})
    return here.get(wh) or here.get(FIRST)


def corrections_from(
    edits: Mapping[int, MeterEdits],
    shared: Mapping[int, Values] | None = None,
    known: Mapping[int, Mapping[int, Known]] | None = None,
) -> Corrections | None:
    """Return the edits of meters, by meter code, as columns; None if there is nothing that changes what counts.

    `shared` are the values at instants that have more than one, and `known` the qualities of those that are not actual,
    both by meter code.
    """
    shared, known = shared or {}, known or {}
    voids: list[tuple[int, int, int]] = []
    contested: list[Contested] = []
    estimates: list[tuple[int, int, int, int]] = []
    for code in sorted({*edits, *shared, *known}):
        said = edits[code].verdicts if code in edits else {}
        several = shared.get(code, NO_VALUES)
        qualities = known.get(code, {})
        for at in sorted({*said, *several, *qualities}):
            verdicts = said.get(at, _NOTHING)
            here = qualities.get(at, NONE_KNOWN)
            if at in several or len(verdicts) > 1 or (here and verdicts):
                corrected = tuple(edit.to for edit in edits[code].corrects.get(at, ())) if said else ()
                contested.append(Contested(code, at, several.get(at, ()), dict(verdicts), corrected, dict(here)))
            else:
                voids += [(code, at, wh) for wh, void in verdicts.items() if void]
                estimates += [(code, at, wh, quality) for wh, quality in here.items()]
    ordered = sorted(edits.items())
    releases = [
        (code, at, wh) for code, each in ordered for at in sorted(each.releases) for wh in each.releases[at]
    ]  # fmt: skip
    exchanges = [(code, each.exchanges[at]) for code, each in ordered for at in sorted(each.exchanges)]
    if not (voids or contested or releases or exchanges or estimates):
        return None

    def codes(values: list[int]) -> NDArray[np.int32]:
        return np.array(values, dtype=np.int32)

    def longs(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    return Corrections(
        codes([code for code, _, _ in voids]),
        longs([at for _, at, _ in voids]),
        longs([wh for _, _, wh in voids]),
        tuple(contested),
        codes([code for code, _, _ in releases]),
        longs([at for _, at, _ in releases]),
        longs([wh for _, _, wh in releases]),
        codes([code for code, _ in exchanges]),
        longs([edit.at or 0 for _, edit in exchanges]),
        longs([edit.final for _, edit in exchanges]),
        longs([edit.initial for _, edit in exchanges]),
        codes([code for code, *_ in estimates]),
        longs([at for _, at, *_ in estimates]),
        longs([wh for _, _, wh, _ in estimates]),
        np.array([quality for *_, quality in estimates], dtype=np.uint8),
    )


def replace_meters(known: Corrections | None, meters: Collection[int], fresh: Corrections | None) -> Corrections | None:
    """Return known corrections with those of some meters, by code, replaced by fresh ones. O(n) in numpy."""
    if known is None:
        return fresh
    codes = np.fromiter(meters, dtype=np.int32)

    def merged(*names: str) -> list[NDArray[Any]]:
        """Return the columns of one kind of edits, the first of which has the meters."""
        stays = ~np.isin(getattr(known, names[0]), codes)
        columns = [getattr(known, name)[stays] for name in names]
        if fresh is not None:
            columns = [np.concatenate((each, getattr(fresh, name))) for name, each in zip(names, columns, strict=True)]
        order = columns[0].argsort(kind="stable")
        return [column[order] for column in columns]

    stay = [each for each in known.contested if each.meter not in meters]
    stay += fresh.contested if fresh is not None else ()
    contested = tuple(sorted(stay, key=lambda each: each.meter))
    voids = merged("void_meter", "void_time", "void_wh")
    releases = merged("release_meter", "release_time", "release_wh")
    exchanges = merged("exchange_meter", "exchange_time", "final", "initial")
    estimates = merged("estimate_meter", "estimate_time", "estimate_wh", "estimate_quality")
    if not contested and not any(len(columns[0]) for columns in (voids, releases, exchanges, estimates)):
        return None
    return Corrections._make((*voids, contested, *releases, *exchanges, *estimates))
