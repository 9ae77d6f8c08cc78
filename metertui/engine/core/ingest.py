"""Ingest: batches of requests on their way to disk and into memory.

A batch is begun, filled, written and then applied; one that the disk refuses is rolled back instead. One batch at a
time: the next begins when the last is applied or rolled back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metertui.engine.accounts import Account
from metertui.engine.base import ACTUAL
from metertui.engine.columns import Frozen, Tail, tail_columns
from metertui.engine.core import loading
from metertui.engine.core.batch import Batch
from metertui.engine.core.counters import Arrival, Counters
from metertui.engine.core.data_folder import DataFolder
from metertui.engine.errors import StorageError
from metertui.engine.vee import NOT_SIMPLE, MeterHeads, Neighbours, late_reads, rules
from metertui.engine.worklist import DriftLog

_LIVE_ROWS: Final = 200
"""Readings, and refused lines, that the live screen lists at most."""


class Ingest:
    """The way into a data folder, with what it needs to know of each meter.

    Methods marked "any thread" do the disk work; the others are for the thread that owns the engine.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self.heads = MeterHeads()
        self.heads.grow(len(folder.directory))
        frozen = folder.readings.view().frozen()
        self.heads.load(frozen)
        codes = folder.directory.codes
        active = (account.meter for account in folder.accounts if account.active)
        self.active: dict[str, int] = {meter: codes[meter] for meter in active}
        """The codes of the registers of which readings may be sent, by identifier; others than `use` once one was."""
        self.stamps: dict[int, int] = {}
        """The time (µs UTC) given last to a reading without a timestamp, by meter code."""
        self.counters = Counters()
        self._show_last_of(folder.readings.tail, frozen)
        self.drift = DriftLog()

    def _show_last_of(self, tail: Tail, frozen: Frozen) -> None:
        """List the last readings of the log for the live screen, which they have been on before a restart."""
        if not len(tail):
            return
        codes, times, whs = tail.part(max(0, len(tail) - _LIVE_ROWS), len(tail))
        rows, _ = tail_columns.locate_rows(frozen.columns, codes, times)
        ids = self._folder.directory.ids
        qualities = self._folder.readings.qualities
        for code, time, wh, status in zip(codes, times, whs, frozen.status[rows], strict=True):
            note = "not counted" if status >= rules.SUSPECT else ""
            quality = qualities.at(int(code), int(time)).get(int(wh), ACTUAL)
            self.counters.arrivals.append(Arrival(ids[int(code)], int(time), int(wh), note, quality))

    # -- one batch -------------------------------------------------------------------------------------------

    def begin(self) -> Batch:
        """Begin a batch."""
        return Batch(self._folder, self.heads, self.active, self.stamps)

    def write(self, batch: Batch) -> None:
        """Put a batch on disk: accounts, then readings, each with one write and one sync. Any thread.

        Raises StorageError; then nothing of the batch is on disk.
        """
        folder = self._folder
        started = folder.clock.monotonic()
        sync = folder.rules.durability == "disk"
        if batch.accounts:
            mark = folder.accounts.append_rows(batch.accounts, sync=sync)
        if batch.lines:
            try:
                folder.log.append("".join(batch.lines).encode("ascii"), sync=sync)
            except StorageError:
                if batch.accounts:
                    folder.accounts.retract_rows(mark)
                raise
        self.counters.sync_seconds = folder.clock.monotonic() - started

    def write_notes(self, batch: Batch, *, stored: bool) -> None:
        """Add the refused lines of a batch to `rejects.log` and, if it was stored, its new accounts to `audit.log`.

        A full disk costs only these notes. Any thread.
        """
        folder = self._folder
        if batch.refused_lines:
            folder.rejects.write_lines(batch.refused_lines, folder.zone)
        if stored and batch.accounts:
            at = folder.zone.iso(batch.now)
            folder.audit.write_entries(
                (at, by, "register", account.meter, _described(account))
                for account, by in zip(batch.accounts, batch.registered_by, strict=True)
            )

    def apply(self, batch: Batch) -> None:
        """Make a batch that is on disk part of what is stored, and count it."""
        for account in batch.accounts:
            self._folder.accounts.add_account(account)
        batch.store_readings(self._folder.readings)
        counters = self.counters
        counters.accepted += len(batch.codes)
        counters.duplicates += batch.duplicates
        counters.suspects += len(batch.suspects)
        counters.registered += len(batch.accounts)
        counters.refused.update(refusal.code for refusal in batch.refused_lines)
        counters.refusals.extend(batch.refused_lines[-_LIVE_ROWS:])
        for code, time, wh in batch.ahead:
            self.drift.note_reading(code, time, wh, time - batch.now)
        notes = {(arrival.meter, arrival.time): arrival.note for arrival in batch.suspects}
        ids, first = self._folder.directory.ids, max(0, len(batch.codes) - _LIVE_ROWS)
        names = [ids[code] for code in batch.codes[first:]]
        times = batch.times[first:]
        said = [notes.get(reading, "") for reading in zip(names, times, strict=True)]
        qualities = [batch.estimated.get(place, ACTUAL) for place in range(first, len(batch.codes))]
        counters.arrivals.extend(map(Arrival._make, zip(names, times, batch.whs[first:], said, qualities, strict=True)))

    def roll_back(self, batch: Batch) -> None:
        """Undo what a batch that the disk refused has staged; its refused lines stay."""
        for account in batch.accounts:
            self._deactivate(account.meter)
        for code in set(batch.codes):
            self.heads.unset(code)
        batch.discard_staged()

    # -- one meter -------------------------------------------------------------------------------------------

    def set_head(self, code: int) -> None:
        """Work out again what a meter's next reading has to fit."""
        folder = self._folder
        decided = folder.events.edits_of_meter(folder.directory.ids[code])
        neighbours = Neighbours(folder.readings, code, folder.directory.limits_of(code), decided=decided)
        self.heads.unset(code)
        self.heads.set(code, late_reads.replay_before(neighbours, NOT_SIMPLE))

    def refresh_meter(self, meter: str) -> list[int]:
        """Take a meter's attributes, and whether it may send readings, from its account.

        Return the codes of its registers. Where readings have other limits, they are judged again.
        """
        folder, directory = self._folder, self._folder.directory
        account = folder.accounts.get(meter)
        limits = {code: directory.limits_of(code) for code in directory.codes_of_meter(meter)}
        code = loading.place_account(directory, account or Account(meter), folder.accounts)
        self.heads.grow(len(directory))
        for each, before in limits.items():
            if before != directory.limits_of(each):
                self.set_head(each)
        if account is not None and account.active:
            self.active[meter] = code
        else:
            self._deactivate(meter)
        return directory.codes_of_meter(meter)

    def codes_of(self, registers: Sequence[str]) -> list[int]:
        """Return the codes of registers; one of which nothing is stored gets one."""
        codes = [self._folder.directory.code_of(register) for register in registers]
        self.heads.grow(len(self._folder.directory))
        return codes

    def _deactivate(self, meter: str) -> None:
        """Refuse readings of all registers of a meter."""
        directory = self._folder.directory
        for code in directory.codes_of_meter(meter):
            self.active.pop(directory.ids[code], None)


def _described(account: Account) -> str:
    return ", ".join(f"{name}={value}" for name, value in account.texts().items() if value)
