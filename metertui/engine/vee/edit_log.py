"""The edit log: what people decided about readings, and when, in `events.csv`.

Nothing in it is ever changed or deleted: an edit is undone by a later one, so that each figure of the past can be
explained. A row is appended and synced before the edit takes effect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import SiteZone, check_meter_id, disarm_formula, format_kwh, parse_kwh
from metertui.engine.columns import Corrections
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.storage import CsvTable, Damage, durable, encode_rows, private_files

NAME: Final = "events.csv"
HEADER: Final = ("time", "meter", "what", "values", "who", "reason")
UNDOES: Final = {"unvoid": "void", "unrelease": "release", "unexchange": "exchange", "unaccept": "accept"}
"""The kinds of edits that undo another kind."""
OF_AN_INSTANT: Final = frozenset({*UNDOES, *UNDOES.values(), "note", "reask"})
OF_AN_ACCOUNT: Final = frozenset({"deactivate", "reactivate"})
LONGEST_REASON: Final = 400
_UNSYNCED: Final = 1 << 26
"""Bytes at the end that may not have been synced: more than the decisions that are made together."""


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


@dataclass(slots=True)
class MeterEdits:
    """The edits of one meter that are in force, by the instant (µs UTC) that they are about."""

    voids: dict[int, Edit] = field(default_factory=dict)
    releases: dict[int, Edit] = field(default_factory=dict)
    exchanges: dict[int, Edit] = field(default_factory=dict)
    accepts: dict[int, Edit] = field(default_factory=dict)
    """Exceptions that someone has reviewed and accepted."""
    notes: dict[int, list[Edit]] = field(default_factory=dict)
    """Notes and requests for another reading."""

    def apply_edit(self, edit: Edit) -> None:
        """Put an edit into force, or undo the one that it undoes."""
        if edit.at is None:
            return
        if edit.kind in ("note", "reask"):
            self.notes.setdefault(edit.at, []).append(edit)
            return
        in_force = getattr(self, f"{UNDOES.get(edit.kind, edit.kind)}s")
        if edit.kind in UNDOES:
            in_force.pop(edit.at, None)
        else:
            in_force[edit.at] = edit

    def frozen(self) -> MeterEdits:
        """Return a copy that later edits do not change."""
        notes = {at: list(each) for at, each in self.notes.items()}
        return MeterEdits(dict(self.voids), dict(self.releases), dict(self.exchanges), dict(self.accepts), notes)

    def edit_at(self, instant: int) -> Edit | None:
        """Return the edit that is in force at an instant (µs UTC), if any."""
        for in_force in (self.exchanges, self.voids, self.releases, self.accepts):
            if instant in in_force:
                return in_force[instant]
        return None


def corrections_from(edits: Mapping[int, MeterEdits]) -> Corrections | None:
    """Return the edits of meters, by meter code, as columns; None if there are none that change what counts."""
    ordered = sorted(edits.items())
    voids = [(code, at) for code, each in ordered for at in sorted(each.voids)]
    releases = [(code, at) for code, each in ordered for at in sorted(each.releases)]
    exchanges = [
        (code, at, edit.final, edit.initial) for code, each in ordered for at, edit in sorted(each.exchanges.items())
    ]
    if not (voids or releases or exchanges):
        return None

    return Corrections(*_columns(voids), *_columns(releases), *_columns(exchanges, 4))


def _columns(rows: Sequence[tuple[int, ...]], width: int = 2) -> list[NDArray[Any]]:
    """Return the columns of rows that begin with a meter code: int32[n], then int64[n]."""
    code, *others = np.array(rows, dtype=np.int64).reshape(-1, width).T.copy()
    return [code.astype(np.int32), *others]


class EditLog:
    """The edits of a data folder. A query by meter is O(1); edits are on disk when `append_edits` returns."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.path = folder / NAME
        self._zone = zone
        self._edits: list[Edit] = []
        self._by_meter: dict[str, MeterEdits] = {}
        self._corrections: Corrections | None = None
        self._known = False  # whether `_corrections` is up to date
        self._frozen: Mapping[str, MeterEdits] | None = None
        self._well_formed = self._appendable = False
        self._damage: Damage | None = None
        self.warnings: list[str] = []

    # -- reading -----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the file. What a crash left in part is dropped, with a warning; `mend` takes it out of the file.

        Raises DataError, OSError.
        """
        table = CsvTable(self.path, HEADER, unsynced=_UNSYNCED)
        pick = [table.names.index(name) for name in HEADER]
        for line, cells in table.rows():
            try:
                self.apply_edit(parse_row([cells[place] for place in pick], self._zone))
            except Refused as error:
                table.reject_row(line, error.why)
        self._damage = table.damage
        if self._damage is not None:
            self.warnings.append(self._damage.told)
        self._well_formed = table.terminated and tuple(table.names) == HEADER
        self._appendable = self._well_formed and self._damage is None

    def mend(self) -> None:
        """Take what `load` dropped out of the file. Raises StorageError."""
        if self._damage is not None:
            self._damage.mend()
            self._damage = None
            self._appendable = self._well_formed

    def __len__(self) -> int:
        return len(self._edits)

    def __iter__(self) -> Iterator[Edit]:
        """Iterate over all edits in the order in which they were made."""
        return iter(self._edits)

    @property
    def newest(self) -> Edit | None:
        """Return the latest edit."""
        return self._edits[-1] if self._edits else None

    def edits_of_meter(self, meter: str) -> MeterEdits | None:
        """Return the edits of a meter that are in force; None if it never had any."""
        return self._by_meter.get(meter)

    def history_of_meter(self, meter: str) -> list[Edit]:
        """Return every edit of a meter, undone ones too, in the order in which they were made."""
        return [edit for edit in self._edits if edit.meter == meter]

    def frozen(self) -> Mapping[str, MeterEdits]:
        """Return the edits in force by meter, for use in any thread; the same ones until an edit is added."""
        if self._frozen is None:
            self._frozen = {meter: each.frozen() for meter, each in self._by_meter.items()}
        return self._frozen

    def last_edits_by(self, who: str) -> list[Edit]:
        """Return the latest edits of a person that are in force, all that were made together."""
        moment = next((e.decided for e in reversed(self._edits) if e.who == who and self.is_in_force(e)), None)
        return [e for e in self._edits if e.decided == moment and e.who == who and self.is_in_force(e)]

    def is_in_force(self, edit: Edit) -> bool:
        """Return whether an edit has been neither undone nor replaced."""
        edits = self._by_meter.get(edit.meter)
        if edits is None or edit.at is None or edit.kind not in UNDOES.values():
            return False
        return getattr(edits, f"{edit.kind}s").get(edit.at) is edit

    def corrections(self, codes: Mapping[str, int]) -> Corrections | None:
        """What follows from the decisions for columns of these meter codes; the same one until a decision is added."""
        if not self._known:
            known = {codes[meter]: each for meter, each in self._by_meter.items() if meter in codes}
            self._corrections = corrections_from(known)
            self._known = len(known) == len(self._by_meter)
        return self._corrections

    # -- writing -----------------------------------------------------------------------------------------------

    def append_edits(self, edits: Sequence[Edit]) -> int:
        """Write edits to disk, all or none, and return what `retract_append` needs to undo it. Any thread.

        Raises StorageError; then none of them is stored.
        """
        if not self._appendable:
            self._rewrite([*self._edits, *edits])
            return -1
        self._appendable = False  # until all went well: what is on disk is unknown, and the next append rewrites it
        with durable.writing(self.path):
            fd = private_files.open_file(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                size = os.fstat(fd).st_size
                try:
                    durable.write_all(fd, self._csv(edits))
                    durable.sync_file(fd)
                except OSError:
                    self._cut(fd, size)
                    raise
            finally:
                os.close(fd)
        self._appendable = True
        return size

    def retract_append(self, mark: int) -> None:
        """Undo the last append, for a change that could not be stored whole. Any thread. Raises StorageError."""
        try:
            if mark >= 0:
                os.truncate(self.path, mark)
                return
        except OSError:
            pass
        self._rewrite(self._edits)

    def apply_edit(self, edit: Edit) -> None:
        """Put an edit that is on disk into force."""
        self._edits.append(edit)
        self._by_meter.setdefault(edit.meter, MeterEdits()).apply_edit(edit)
        self._known = False
        self._frozen = None

    def _cut(self, fd: int, size: int) -> None:
        try:
            os.ftruncate(fd, size)
        except OSError as error:
            raise StorageError(f"{NAME} holds half a decision that cannot be cut off: {error.strerror}") from error

    def _rewrite(self, edits: Sequence[Edit]) -> None:
        durable.replace_file(self.path, encode_rows([HEADER]) + self._csv(edits))
        self._appendable = True

    def _csv(self, edits: Sequence[Edit]) -> bytes:
        return encode_rows(map(self._row, edits))

    def _row(self, edit: Edit) -> tuple[str, ...]:
        texts = map(disarm_formula, (edit.who, edit.reason))
        return self._zone.iso(edit.decided), edit.meter, edit.kind, format_values(edit, self._zone), *texts


def parse_row(cells: Sequence[str], zone: SiteZone) -> Edit:
    """Parse a row in the order of HEADER. Raises Refused."""
    decided, meter, what, values, who, reason = cells
    check_meter_id(meter)
    if what not in OF_AN_INSTANT | OF_AN_ACCOUNT:
        raise Refused("bad-field", f"{what!r} is not a kind of decision")
    stated = {}
    for word in values.split():
        name, _, value = word.partition("=")
        stated[name] = value
    needed = {"at", "final", "initial"} if what == "exchange" else {"at"} if what in OF_AN_INSTANT else set()
    if stated.keys() != needed or len(values.split()) != len(needed):
        raise Refused("bad-field", f"the values of {what} are {' '.join(f'{name}=…' for name in sorted(needed))}")
    return Edit(
        zone.parse(decided),
        meter,
        what,
        zone.parse(stated["at"]) if needed else None,
        _armed(who),
        _armed(reason),
        parse_kwh(stated.get("final", "0")),
        parse_kwh(stated.get("initial", "0")),
    )


def format_values(edit: Edit, zone: SiteZone) -> str:
    """Return the `values` of an edit as they are in the file."""
    if edit.at is None:
        return ""
    at = f"at={zone.iso(edit.at)}"
    if edit.kind != "exchange":
        return at
    return f"{at} final={format_kwh(edit.final)} initial={format_kwh(edit.initial)}"


def check_reason(text: str) -> str:
    """Return a reason on one line. Raises MeterError if it is empty or too long."""
    text = " ".join(text.split())
    if not text:
        raise MeterError("a decision needs a reason")
    if len(text) > LONGEST_REASON or not text.isprintable():
        raise MeterError(f"a reason is at most {LONGEST_REASON} characters that can be seen")
    return text


def _armed(text: str) -> str:
    """Return a cell without the apostrophe that disarms a formula."""
    return text[1:] if text.startswith("'") and disarm_formula(text[1:]) != text[1:] else text
