"""The engine: one data folder, everything stored in it, and the questions it answers.

Synchronous throughout, and split by who may call what. The *owner's thread* (the event loop, in the app) calls
everything that is not marked otherwise. Methods marked "any thread" do disk or heavy work and touch nothing that the
owner's thread changes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from metertui.engine.base import USE, Clock, Identifier, Rules, Window, meter_of, split_identifier
from metertui.engine.billing import BillBook, SpreadPrices, TariffFile, Terms
from metertui.engine.columns import PARTS, Corrections
from metertui.engine.core.data_folder import DataFolder
from metertui.engine.core.day_close import DayClose
from metertui.engine.core.ingest import Ingest
from metertui.engine.core.loading import Loaded
from metertui.engine.core.meter_readings import prepare_registers
from metertui.engine.errors import MeterError
from metertui.engine.index import View
from metertui.engine.reports import ExportLog, ReportBook
from metertui.engine.storage import durable
from metertui.engine.usage import Series, Usage
from metertui.engine.vee import Edit, MeterEdits, corrections_from
from metertui.engine.worklist import SiteState


class Engine(DataFolder):
    """A data folder opened, with what is done in it: ingest, day close, edits, bills and saved reports."""

    def __init__(self, folder: Path, rules: Rules, clock: Clock, loaded: Loaded) -> None:
        super().__init__(folder, rules, clock, loaded)
        self.ingest = Ingest(self)
        self.day_close = DayClose(self)
        self.tariffs = TariffFile(folder)
        self.prices = SpreadPrices(self.tariffs, self.zone)
        self.bills = BillBook(folder, self.zone)
        self.questions = ReportBook(folder)
        self.exports = ExportLog(folder)
        try:
            self.tariffs.current()
        except MeterError as error:  # it costs bills, and nothing else
            self.warnings.append(f"bills cannot be calculated: {error}")
        self._series: tuple[tuple[int, ...], Series] | None = None  # the last, which a screen asks for again and again
        self._use_series: tuple[tuple[object, ...], Series] | None = None

    # -- changes ---------------------------------------------------------------------------------------------

    def refresh_account(self, meter: str) -> None:
        """Put a change of an account into effect. Raises MeterError if there is none."""
        if meter not in self.accounts:
            raise MeterError(f"{meter} is not registered")
        self.readings.regroup(self.ingest.refresh_meter(meter))

    def apply_events(self, events: Sequence[Edit]) -> None:
        """Put edits that are on disk into effect."""
        for event in events:
            self.events.apply_edit(event)
        self.store_corrected(events)
        for meter in {event.meter for event in events if event.at is not None}:
            code = self.directory.codes.get(meter)
            if code is not None:
                self.ingest.set_head(code)
        self.readings.refresh_views()

    # -- questions -------------------------------------------------------------------------------------------

    def code_of(self, register: str) -> int:
        """Return the code of a meter or of a register of it. Raises MeterError for an unknown one."""
        code = self.known_code(register)
        if code is None:
            meter, channel = split_identifier(register)
            if channel != USE and meter in self.directory.codes:
                raise MeterError(f"{meter} has no readings of a channel {channel}")
            raise MeterError(f"{meter} is not registered")
        return code

    def known_code(self, register: str) -> int | None:
        """Return the code of a meter, or of a register of it of which something is stored; None for an unknown one."""
        code = self.directory.codes.get(register)
        known = code is not None and (split_identifier(register).channel == USE or self._is_stored(code))
        return code if known else None

    def is_read(self, register: str) -> bool:
        """Return whether a reading or an interval of a register is stored."""
        code = self.directory.codes.get(register)
        return code is not None and self._is_stored(code)

    def _is_stored(self, code: int) -> bool:
        """Return whether a reading or an interval of a register is stored."""
        span = self.readings.intervals.span(code)
        return bool(self.readings.count_of(code)) or span.stop > span.start

    def series(self, meter: str) -> Series:
        """Return the readings of a register with what follows from them. Raises MeterError for an unknown one."""
        code = self.code_of(meter)
        state = self.readings.state_of(code)
        if self._series is None or self._series[0] != state:
            self._series = state, self.prepare_series(meter)()
        return self._series[1]

    def prepare_series(self, meter: str) -> Callable[[], Series]:
        """Return what makes the series of the readings of a register as of now, in any thread.

        Raises MeterError for an unknown one.
        """
        code = self.code_of(meter)
        times, whs = self.readings.readings_of(code)
        corrections = self.corrections_of(meter, self.events.edits_of_meter(meter))
        intervals = self.readings.intervals.of_meter(code), self.readings.former.of_meter(code)
        limits = self.directory.limits_of(code)
        return partial(Series.from_readings, meter, times, whs, limits, corrections, *intervals)

    def registers_of(self, meter: str) -> list[str]:
        """Return the identifiers of the registers of a meter of which something is stored, that of its use first."""
        directory = self.directory
        return [directory.ids[code] for code in directory.codes_of_meter(meter) if self._is_stored(code)]

    def summed_registers(self, register: str) -> list[str]:
        """Return the registers that the channel is the sum of where it is not read itself; none for most meters."""
        meter, channel = split_identifier(register)
        parts = [str(Identifier(meter, part)) for part in PARTS.get(channel, ())]
        return [part for part in parts if self.known_code(part) is not None]

    def use_series(self, register: str) -> Series:
        """Return the series of what a meter used: the same as `series`, unless that is the sum of several registers.

        Raises MeterError for an unknown one.
        """
        if not self.summed_registers(register):
            return self.series(register)
        codes = self.directory.codes_of_meter(meter_of(register))
        state = (register, *(self.readings.state_of(code) for code in codes))
        if self._use_series is None or self._use_series[0] != state:
            self._use_series = state, self.prepare_use_series(register)()
        return self._use_series[1]

    def prepare_use_series(self, register: str) -> Callable[[], Series]:
        """Return what makes `use_series` as of now, in any thread. Raises MeterError for an unknown one."""
        parts = self.summed_registers(register)
        if not parts:
            return self.prepare_series(register)
        meter, channel = split_identifier(register)
        frozen = prepare_registers(self, meter)

        def made() -> Series:
            whole = frozen()
            series = Series.from_frozen(whole.of_channel(channel), 0, register, tuple(parts))
            series.registers = [Series.from_frozen(whole, code) for code in whole.registers.making(channel, 0) or []]
            return series

        return made

    def corrections_of(self, meter: str, decided: MeterEdits | None) -> Corrections | None:
        """Return what follows from edits and qualities of a meter, for its readings under the code 0."""
        code = self.directory.codes[meter]
        shared, known = self.readings.shared_of(code), self.readings.qualities.of_meter(code)
        return corrections_from({0: decided} if decided else {}, {0: shared}, {0: known})

    def usage(self, meter: str, window: str | Window = "month", at: int | None = None) -> Usage:
        """Return what a meter used in a window, named or given; `at` (µs UTC) replaces now. Raises MeterError."""
        series = self.use_series(meter)
        now = self.clock.now() if at is None else at
        return series.usage(series.window(window, now, self.zone) if isinstance(window, str) else window)

    def terms(self) -> Terms:
        """Return what bills are priced by; the tariffs are read again if their file has changed.

        Raises DataError that names the line of a bad tariff, MeterError.
        """
        return Terms(self.tariffs.current(), self.rules.currency, self.rules.gap_us, self.rules.fit.max_w)

    def basis_of(self, meter: str) -> tuple[object, ...]:
        """Return a value that changes with whatever the figures and bills of a meter rest on.

        That is its readings, the edits, its account, the tariffs and the issued bills: a look-up, two stats of files.
        """
        return self.readings_basis_of(meter), self.accounts.get(meter_of(meter)), self.billing_basis()

    def readings_basis_of(self, meter: str) -> tuple[int, ...] | None:
        """Return a value that changes with the series of a meter; None for an unknown meter."""
        code = self.known_code(meter)
        return None if code is None else self.readings.state_of(code)

    def billing_basis(self) -> tuple[object, ...]:
        """Return a value that changes with the edits, the tariffs and the issued bills."""
        paths = self.tariffs.path, self.bills.manifest.path
        stamps: list[object] = [len(self.events)]
        for path in paths:
            try:
                stamps.append(durable.stamp_of(path))
            except OSError as error:  # who reads the file says so
                stamps.append(error.errno)
        return tuple(stamps)

    def view(self) -> View:
        """Return everything stored at this moment; `View.frozen` makes columns of it in any thread."""
        return self.readings.view()

    def _known_by_files_alone(self) -> set[int]:
        """Return the codes of the meters that have intervals of files and no reading: nothing is to come of them."""
        directory, readings = self.directory, self.readings
        meters = {meter_of(directory.ids[code]) for code in readings.intervals.codes.tolist()}
        registers = [directory.codes_of_meter(meter) for meter in meters]
        return {codes[0] for codes in registers if not any(map(readings.count_of, codes))}

    def site_state(self) -> SiteState:
        """Return what is known beside the readings, for the work list; a copy of some bytes a meter."""
        of_files = self._known_by_files_alone()
        return SiteState(
            now=self.clock.now(),
            active=tuple(code for code in self.ingest.active.values() if code not in of_files),
            registers=self.directory.further_registers(),
            accounts=self.accounts.frozen(),
            place=self.directory.groups_in_time(),
            groups=tuple(self.directory.groups),
            edits=self.events.frozen(),
            drift=self.ingest.drift.last_readings(),
            rejects=self.rejects.path,
            prices=self.prices,
            silent_us=self.rules.silent_us,
            gap_us=self.rules.gap_us,
        )
