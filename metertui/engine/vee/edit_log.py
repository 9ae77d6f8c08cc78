"""The edit log: what people decided about readings, and when, in `events.csv`.

Nothing in it is ever changed or deleted: an edit is undone by a later one, so that each figure of the past can be
explained. A row is appended and synced before the edit takes effect.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone, check_identifier, check_meter_id, disarm_formula, format_kwh, parse_kwh
from metertui.engine.columns import FIRST
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.storage import CsvTable, Damage, durable, encode_rows, private_files
from metertui.engine.vee.edits import OF_AN_ACCOUNT, OF_AN_INSTANT, OF_LINES, UNDOES, Edit, MeterEdits

NAME: Final = "events.csv"
HEADER: Final = ("time", "meter", "what", "values", "who", "reason")
_NAMES_A_VALUE: Final = frozenset({"void", "unvoid", "release", "unrelease"})
LONGEST_REASON: Final = 400
_UNSYNCED: Final = 1 << 26
"""Bytes at the end that may not have been synced: more than the decisions that are made together."""


class EditLog:
    """The edits of a data folder. A query by meter is O(1); edits are on disk when `append_edits` returns."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.path = folder / NAME
        self._zone = zone
        self._edits: list[Edit] = []
        self._by_meter: dict[str, MeterEdits] = {}
        self._frozen: dict[str, MeterEdits] = {}
        self._thawed: set[str] = set()
        """Meters with an edit that is not in `_frozen`."""
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
            self.warnings.append(self._damage.warning)
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

    def meters_since(self, count: int, kinds: Container[str] = OF_AN_INSTANT | OF_AN_ACCOUNT) -> set[str]:
        """Return the meters of the edits of some kinds behind the first `count` of all."""
        return {edit.meter for edit in self._edits[count:] if edit.kind in kinds}

    def frozen(self) -> Mapping[str, MeterEdits]:
        """Return the edits in force by meter, for use in any thread; the same ones until an edit is added.

        Only those of meters with newer edits are copied.
        """
        if self._thawed:
            self._frozen = self._frozen | {meter: self._by_meter[meter].frozen() for meter in self._thawed}
            self._thawed.clear()
        return self._frozen

    def last_edits_by(self, who: str) -> list[Edit]:
        """Return the latest edits of a person that are in force, all that were made together.

        O(e) for the e edits since the first of them.
        """
        found: list[Edit] = []
        for edit in reversed(self._edits):
            if edit.who != who:
                continue
            if found and edit.decided != found[0].decided:
                break
            if self.is_in_force(edit):
                found.append(edit)
        return found[::-1]

    def is_in_force(self, edit: Edit) -> bool:
        """Return whether an edit has been neither undone nor replaced; O(1)."""
        edits = self._by_meter.get(edit.meter)
        return edits is not None and edit.at is not None and edits.is_in_force(edit)

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
        """Undo the last append, for a change that could not be stored whole; on disk on return. Any thread.

        Raises StorageError; then the next append rewrites the file.
        """
        self._appendable = False
        if mark >= 0:
            with contextlib.suppress(OSError):
                durable.cut_off(self.path, mark)
                self._appendable = True
                return
        self._rewrite(self._edits)

    def apply_edit(self, edit: Edit) -> None:
        """Put an edit that is on disk into force."""
        self._edits.append(edit)
        self._by_meter.setdefault(edit.meter, MeterEdits()).apply_edit(edit)
        self._thawed.add(edit.meter)

    def _cut(self, fd: int, size: int) -> None:
        try:
            os.ftruncate(fd, size)
            durable.sync_metadata_too(fd)
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
    if what in OF_AN_ACCOUNT:
        check_meter_id(meter)
    elif meter or what not in OF_LINES:
        meter = check_identifier(meter)
    if what not in OF_AN_INSTANT | OF_AN_ACCOUNT:
        raise Refused("bad-field", f"{what!r} is not a kind of decision")
    stated = {}
    for word in values.split():
        name, _, value = word.partition("=")
        stated[name] = value
    needed = _value_names(what)
    optional = {"kwh"} if what in _NAMES_A_VALUE else set()
    if not needed <= stated.keys() <= needed | optional or len(values.split()) != len(stated):
        said = [f"{name}=…" for name in sorted(needed)] + [f"[{name}=…]" for name in optional]
        raise Refused("bad-field", f"the values of {what} are {' '.join(said)}")
    named = stated.get("kwh", stated.get("from"))
    return Edit(
        zone.parse(decided),
        meter,
        what,
        zone.parse(stated["at"]) if needed else None,
        _armed(who),
        _armed(reason),
        parse_kwh(stated.get("final", "0")),
        parse_kwh(stated.get("initial", "0")),
        FIRST if named is None else parse_kwh(named),
        parse_kwh(stated.get("to", "0")),
    )


def _value_names(what: str) -> set[str]:
    """Return the names of the values that an edit of a kind must have."""
    match UNDOES.get(what, what):
        case "exchange" if what not in UNDOES:
            return {"at", "final", "initial"}
        case "correct":
            return {"at", "from", "to"}
    return {"at"} if what in OF_AN_INSTANT else set()


def format_values(edit: Edit, zone: SiteZone) -> str:
    """Return the `values` of an edit as they are in the file."""
    if edit.at is None:
        return ""
    at = f"at={zone.iso(edit.at)}"
    if edit.kind == "exchange":
        return f"{at} final={format_kwh(edit.final)} initial={format_kwh(edit.initial)}"
    if UNDOES.get(edit.kind, edit.kind) == "correct":
        return f"{at} from={format_kwh(edit.wh)} to={format_kwh(edit.to)}"
    if edit.kind in _NAMES_A_VALUE and edit.wh != FIRST:
        return f"{at} kwh={format_kwh(edit.wh)}"
    return at


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
