"""A batch: requests that are checked one after another, and written and synced as one.

Each request is checked against everything stored and everything before it in the batch; what is accepted becomes lines
for the log. Nothing is visible to questions before the batch is on disk, and a batch that the disk refuses leaves no
trace. No I/O here.

Nearly every reading is its meter's newest and fits the last counted one, which the heads answer from two arrays.
Everything else (late, repeated, suspect, the first of a meter) is placed among its meter's others.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Final

import numpy as np

from metertui.engine.accounts import Account
from metertui.engine.attributes import FIELDS
from metertui.engine.base import (
    ACTUAL,
    DAY,
    DUPLICATE,
    HOUR,
    MINUTE,
    OK,
    SECOND,
    Outcome,
    check_meter_id,
    format_kwh,
    parse_identifier,
    parse_kwh,
    refused,
    suspect,
)
from metertui.engine.columns import Known, Stated
from metertui.engine.core import sent_reads
from metertui.engine.core.counters import Arrival
from metertui.engine.core.data_folder import DataFolder
from metertui.engine.core.sent_reads import SentReads
from metertui.engine.errors import Refused
from metertui.engine.index import ReadingStore
from metertui.engine.storage import RefusedLine, encode_line
from metertui.engine.vee import (
    NOT_SIMPLE,
    Edit,
    MeterHeads,
    Neighbours,
    Point,
    accepted,
    estimates,
    is_void,
    late_reads,
    rules,
    standing,
)

_MOST_LATE: Final = 300
"""Late readings in a batch, about 60 µs each: twenty times what a reading that is simply the next one takes."""

_ESTIMATES_A_LATE: Final = 5
"""Estimates of a meter that take as long as a late reading to judge."""

_AMONG_ESTIMATES: Final = 10
"""How many times as long a late actual reading takes where thousands of estimates are around it, less one."""


class Batch:
    """The requests of one round of the commit loop. Made by `Ingest.begin`, used on one thread."""

    def __init__(self, folder: DataFolder, heads: MeterHeads, active: dict[str, int], stamps: dict[int, int]) -> None:
        self._folder = folder
        self._heads = heads
        self._active = active
        self._stamps = stamps
        self._zone = folder.zone
        self._rounding = folder.rules.fit.rounding_wh
        self._most = folder.directory.lowest_w  # W, or Wh in an hour
        self.now = folder.clock.now()
        self._latest = self.now + folder.rules.future_us
        self._earliest = self.now - folder.rules.past_us
        self._ahead_from = min(self._latest, self.now + folder.rules.drift_us)
        self._by_meter: dict[int, list[Point]] = {}
        self._indexed = 0
        self.lines: list[str] = []
        self.codes: list[int] = []
        self.times: list[int] = []
        self.whs: list[int] = []
        self.sharing: list[int] = []
        """Places of readings at whose instant a value is stored."""
        self.estimated: dict[int, int] = {}
        """By place, the quality of readings that are not actual."""
        self._known: dict[int, dict[int, dict[int, int]]] = {}
        """By meter code and instant, what the batch leaves of the values that are not actual, with their qualities."""
        self.accounts: list[Account] = []
        self.registered_by: list[str] = []
        self.suspects: list[Arrival] = []
        self.ahead: list[tuple[int, int, int]] = []
        """Readings of meters whose clock runs ahead: code, time (µs UTC), register (Wh)."""
        self.duplicates = 0
        self.refused_lines: list[RefusedLine] = []
        self._late = 0

    @property
    def full(self) -> bool:
        """Return whether the batch is work enough for one round of the commit loop; more can still be added."""
        return self._late >= _MOST_LATE

    def __len__(self) -> int:
        return len(self.codes) + len(self.accounts)

    def add_reading(self, register: str, kwh: str, timestamp: str | None) -> Outcome:
        """Add a register read as it was received: METER or METER:CHANNEL, kWh text, timestamp text or None for now.

        A bad one is refused by the outcome; nothing is raised.
        """
        code = self._active.get(register)
        if code is None:
            return self._add_first(register, kwh, timestamp)
        try:
            wh = parse_kwh(kwh)
            time = self._zone.parse(timestamp) if timestamp is not None else self._stamp(code)
            if time > self._ahead_from:  # one comparison for the many that are not ahead
                self._check_reach(time, timestamp)
                self.ahead.append((code, time, wh))
            elif time < self._earliest:
                self._check_reach(time, timestamp)
        except Refused as error:
            return refused(error.code, error.why)
        heads = self._heads  # as in `add_replicated`, which is not called here: two calls cost a tenth of all this
        rise = wh - heads.wh[code]
        if time > heads.time[code] and (0 <= rise <= self._most[code] or self._fits_head(code, time, rise)):
            heads.time[code] = time
            if rise > 0:
                heads.wh[code] = wh
            outcome = OK
        else:
            if timestamp is not None:
                time = self._which_instant(code, time, wh, timestamp)
            outcome = self._judge_late(code, time, wh)
            if outcome is DUPLICATE or outcome.kind == "refused":
                return outcome
        self.lines.append(f"{register},{self._zone.iso(time)},{format_kwh(wh)}\n")
        self.codes.append(code)
        self.times.append(time)
        self.whs.append(wh)
        return outcome

    def add_next(self, sent: SentReads, first: int, stop: int) -> int:
        """Add those from `first` on, and before `stop`, that are simply the next readings; return how many.

        What follows them has to be added by `add_reading`, which has the same outcome, OK, for these.
        """
        most_w = np.frombuffer(self._most, np.int64)
        reach = self._earliest, self._ahead_from
        found = sent_reads.leading_next(sent, first, stop, self._active, self._heads, most_w, self._zone, *reach)
        if found.lines:
            self.lines.append(found.lines)
            self.codes += found.code.tolist()
            self.times += found.time.tolist()
            self.whs += found.wh.tolist()
        return len(found.code)

    def add_estimated(self, register: str, kwh: str, timestamp: str | None, quality: int) -> Outcome:
        """Add a register read, as `add_reading` does, that is estimated or substituted."""
        code = self._active.get(register)
        if code is None:
            return self._add_first(register, kwh, timestamp, quality)
        try:
            wh = parse_kwh(kwh)
            time = self._zone.parse(timestamp) if timestamp is not None else self._stamp(code)
            self._check_reach(time, timestamp)
        except Refused as error:
            return refused(error.code, error.why)
        if timestamp is not None:
            time = self._which_instant(code, time, wh, timestamp)
        outcome = self._judge_late(code, time, wh, quality)
        if outcome is not DUPLICATE and outcome.kind != "refused":
            self.lines.append(encode_line(register, self._zone.iso(time), wh, quality))
            self._stage(code, time, wh)
        return outcome

    def add_replicated(self, code: int, time: int, wh: int, quality: int = ACTUAL) -> Outcome:
        """Add a reading that another process has written: judged like any other, but not written here.

        One that contradicts what stands is added all the same: the edit that makes room for it may be read later.
        """
        outcome = self._add_unwritten(code, time, wh, quality)
        if outcome.kind == "refused":
            self._heads.forget_estimates(code)
            self.sharing.append(len(self.codes))
            if quality != ACTUAL:
                self._note_quality(code, time, wh, quality, self._neighbours(code).known_at(time))
            self._stage(code, time, wh)
        return outcome

    def _add_unwritten(self, code: int, time: int, wh: int, quality: int) -> Outcome:
        heads = self._heads
        rise = wh - heads.wh[code]
        follows = quality == ACTUAL and time > heads.time[code]
        if follows and (0 <= rise <= self._most[code] or self._fits_head(code, time, rise)):
            heads.time[code] = time
            if rise > 0:
                heads.wh[code] = wh
            outcome = OK
        else:
            outcome = self._judge_late(code, time, wh, quality)
            if outcome is DUPLICATE and quality == ACTUAL and self._became_actual(code, time, wh):
                outcome = OK
            if outcome is DUPLICATE or outcome.kind == "refused":
                return outcome
        self._stage(code, time, wh)
        return outcome

    def _became_actual(self, code: int, time: int, wh: int) -> bool:
        """Note that a void value that was estimated is actual, if it was stated so before it was void: files say."""
        known = self._neighbours(code).known_at(time)
        if wh not in known:
            return False
        self.duplicates -= 1
        self.sharing.append(len(self.codes))
        self._note_quality(code, time, wh, ACTUAL, known)
        return True

    def _stage(self, code: int, time: int, wh: int) -> None:
        self.codes.append(code)
        self.times.append(time)
        self.whs.append(wh)

    def add_imported(self, code: int, time: int, wh: int, quality: int = ACTUAL) -> Outcome:
        """Add a reading from a file, whether its meter may send readings or not."""
        outcome = self._add_unwritten(code, time, wh, quality)
        if outcome is OK or outcome.kind == "suspect":
            self.lines.append(encode_line(self._folder.directory.ids[code], self._zone.iso(time), wh, quality))
        return outcome

    def add_account(
        self,
        meter: str,
        fields: Mapping[str, str],
        repeated: str = "",
        by: str = "",
        allowed: Collection[str] = FIELDS,
    ) -> Outcome:
        """Add an account that `by` registers. `fields` are those of an account; any may be missing.

        `repeated` names a field that was given twice: a mapping cannot show that, and it refuses the request. So does
        one that is not `allowed`; those of the wire are.
        """
        try:
            check_meter_id(meter)
            if meter in self._active:  # maybe by this very batch, which is not in the book yet
                raise Refused("already-registered", f"{meter} is registered already")
            account = self._folder.accounts.prepare_account(meter, fields, self.now, allowed)
            if repeated:
                raise Refused("bad-field", f"{repeated} is given twice")
        except Refused as error:
            return refused(error.code, error.why)
        self.accounts.append(account)
        self.registered_by.append(by)
        self._active[meter] = self._folder.directory.place_meter(meter, account.group, device=account.device)
        self._heads.grow(len(self._folder.directory))
        for each in self._folder.directory.codes_of_meter(meter):
            self._heads.unset(each)  # it may have readings already, which other limits hold for now
        return OK

    def add_refused_line(self, peer: str, code: str, why: str, line: str) -> None:
        """Add a refused line, for the counters, the screens and `rejects.log`."""
        self.refused_lines.append(RefusedLine(self.now, peer, code, why, line))

    def store_readings(self, readings: ReadingStore) -> None:
        """Add the readings to those that are stored."""
        if not (self.sharing or self.estimated):
            if self.codes:
                readings.append(self.codes, self.times, self.whs)
            return
        quality = np.full(len(self.codes), ACTUAL, dtype=np.uint8)
        quality[list(self.estimated)] = list(self.estimated.values())
        arrived = Stated(np.array(self.codes, dtype=np.int32), np.array(self.times), np.array(self.whs), quality)
        shares = np.zeros(len(self.codes), dtype=bool)
        shares[self.sharing] = True
        readings.append_stated(arrived.take(~shares))
        readings.append_at_shared_instants(arrived.take(shares))

    def discard_staged(self) -> None:
        """Discard everything that the disk refused; refused lines stay."""
        for staged in (
            self.lines, self.codes, self.times, self.whs, self.sharing,
            self.accounts, self.registered_by, self.suspects,
        ):  # fmt: skip
            staged.clear()
        self.estimated.clear()
        self._known.clear()
        self.ahead.clear()
        self.duplicates = 0

    # -- one reading ---------------------------------------------------------------------------------------

    def _add_first(self, register: str, kwh: str, timestamp: str | None, quality: int = ACTUAL) -> Outcome:
        """Add a reading of a register that is not known: it gets its code if the reading can be taken.

        Of `METER:use` the meter itself is known.
        """
        try:
            identifier = parse_identifier(register)
            meter, stored = identifier.meter, str(identifier)
            if meter not in self._active:
                if meter in self._folder.accounts:
                    raise Refused("deactivated", f"{meter} is deactivated")
                raise Refused("not-registered", f"{meter} is not registered; REGISTER it first")
            if stored not in self._active:
                parse_kwh(kwh)
                if timestamp is not None:
                    self._check_reach(self._zone.parse(timestamp), timestamp)
                directory, most = self._folder.directory, self._folder.rules.most_channels
                if stored not in directory.codes and len(directory.codes_of_meter(meter)) >= most:
                    raise Refused("limit", f"{meter} has {most} channels already, the most that a meter may have")
                self._active[stored] = self._folder.directory.code_of(stored)
                self._heads.grow(len(self._folder.directory))
        except Refused as error:
            return refused(error.code, error.why)
        if quality != ACTUAL:
            return self.add_estimated(stored, kwh, timestamp, quality)
        return self.add_reading(stored, kwh, timestamp)

    def _check_reach(self, time: int, timestamp: str | None) -> None:
        """Check that a time (µs UTC) is neither too far ahead of the clock nor too far behind. Raises Refused."""
        if time > self._latest:
            most = self._folder.rules.future_us // MINUTE
            raise Refused("future-timestamp", f"{timestamp} is more than {most} minutes ahead of the server's clock")
        if time < self._earliest:
            most = self._folder.rules.past_us // DAY
            raise Refused("past-timestamp", f"{timestamp} is more than {most} days behind the server's clock")

    def _stamp(self, code: int) -> int:
        """Return the clock to the second, or 1 µs after the last stamp of this meter in that second."""
        time = self.now - self.now % SECOND
        last = self._stamps.get(code, 0)
        if last < time + SECOND:  # else the clock has jumped back
            time = max(time, last + 1)
        if time <= self._heads.time[code]:
            neighbours = self._neighbours(code)
            while neighbours.values_at(time):
                time += 1
        self._stamps[code] = time
        return time

    def _which_instant(self, code: int, time: int, wh: int, timestamp: str) -> int:
        """Return the instant that a timestamp means: the second of two, where a lower reading stands at the first."""
        second = self._zone.second_instant(timestamp, time)
        if second == time:
            return time
        neighbours = self._neighbours(code)
        stands = neighbours.standing_at(time)
        later = stands is not None and stands < wh and wh not in neighbours.values_at(time)
        return second if later else time

    def _fits_head(self, code: int, time: int, rise: int) -> bool:
        """Return whether a reading after the head of its meter is a rounding, or rises in a longer time."""
        if rise < 0:
            return rise >= -self._rounding
        return rise * HOUR <= self._most[code] * (time - self._heads.time[code])

    def _judge_late(self, code: int, time: int, wh: int, quality: int = ACTUAL) -> Outcome:
        """Judge a reading that is not simply its meter's next one, and update the meter's head."""
        self._late += 1
        neighbours = self._neighbours(code)
        meter = self._folder.directory.ids[code]
        stored, verdicts, known = neighbours.values_at(time), neighbours.verdicts_at(time), neighbours.known_at(time)
        if not accepted(stored, [(wh, quality)], verdicts, known):
            if wh in stored:  # also if it is void: a retry brings nothing back
                self.duplicates += 1
                return DUPLICATE
            stands = standing(stored, verdicts, known) or 0
            what = f"{meter} has {format_kwh(stands)} kWh at {self._zone.iso(time)} already"
            return refused("conflict", f"{what}, which {format_kwh(wh)} kWh contradicts")
        if stored:
            self.sharing.append(len(self.codes))
        if quality != ACTUAL or known:
            self._note_quality(code, time, wh, quality, known)
        if is_void(wh, (*stored, wh), verdicts):
            return OK  # it is kept, and changes nothing
        exchange = neighbours.decided.exchanges.get(time) if neighbours.decided is not None else None
        if exchange is not None:
            return self._judge_at_exchange(exchange, meter, time, wh)
        decided = neighbours.decided
        if quality != ACTUAL and not (decided and decided.is_released(time, wh, (*stored, wh)[0])):
            return self._judge_estimate(code, neighbours, time, wh)
        self._heads.forget_estimates(code)
        self._late += _AMONG_ESTIMATES if self._folder.readings.known_of(code) else 0
        replay = self._heads.replay_before(code, neighbours, time)
        without = replay.copy()
        last = replay.judge.last
        own = len(replay.points)
        replay.push((time, wh))
        self._heads.keep(code, replay)
        if not late_reads.replay_after(replay, without, neighbours, time):
            self._heads.set(code, replay)
        if replay.is_counted(own):
            return OK
        before = None if last is None else (last.time, last.register)
        return self._suspect(meter, time, wh, rules.why_not_counted(before, time, wh, neighbours.limits, self._zone))

    def _judge_estimate(self, code: int, neighbours: Neighbours, time: int, wh: int) -> Outcome:
        """Judge a reading that is not actual; O(log n) where those that came before it were estimates as well."""
        heads, is_last = self._heads, neighbours.is_last(time)
        last = heads.last_estimate.pop(code, None)
        estimate, limits = neighbours.estimate(time, wh), neighbours.limits
        chain = heads.chains.take(code, time)
        before: estimates.Before | None
        after: estimates.Reading | None
        if chain is None and is_last and last is not None and last.time < time:
            before, after = last, None
        else:
            looks = 0 if chain is None else chain.looks
            if chain is None:
                chain = late_reads.surroundings(heads.replay_before(code, neighbours, time), neighbours, time)
            before, after = chain.before(time), chain.after
            chain.insert(estimate, neighbours.estimates_after(time, after.time if after else NOT_SIMPLE))
            self._late += (chain.looks - looks) // _ESTIMATES_A_LATE
            heads.chains.keep(code, chain)
        why = estimates.why_apart(before, after, estimate, limits, self._zone)
        if after is None and is_last:
            counted = before
            if not why:
                counted = estimates.Before(time, estimates.counted_with(before, estimate, limits))
            if counted is not None:
                heads.last_estimate[code] = counted
        return self._suspect(self._folder.directory.ids[code], time, wh, why) if why else OK

    def _suspect(self, meter: str, time: int, wh: int, why: str) -> Outcome:
        self.suspects.append(Arrival(meter, time, wh, why))
        return suspect(why)

    def _note_quality(self, code: int, time: int, wh: int, quality: int, known: Known) -> None:
        """Note the quality of a reading that is staged next, where those of its instant are `known` so far."""
        left = self._known.setdefault(code, {})[time] = dict(known)
        if quality == ACTUAL:
            left.pop(wh, None)
            return
        left[wh] = quality
        self.estimated[len(self.codes)] = quality
        if time > self._heads.time[code]:
            self._heads.unset(code)  # an actual one may take its place

    def _judge_at_exchange(self, exchange: Edit, meter: str, time: int, wh: int) -> Outcome:
        """Judge a reading at the very instant of an exchange, which states what both registers showed."""
        if wh in (exchange.final, exchange.initial):
            return OK
        declared = f"declared for the exchange at {self._zone.iso(time)}"
        both = f"{format_kwh(exchange.final)} and {format_kwh(exchange.initial)} kWh"
        why = f"{format_kwh(wh)} kWh is neither the final nor the initial reading {declared}, {both}"
        return self._suspect(meter, time, wh, why)

    def _neighbours(self, code: int) -> Neighbours:
        """Return a meter's readings, those of this batch included."""
        for place in range(self._indexed, len(self.codes)):
            point = self.times[place], self.whs[place]
            insort(self._by_meter.setdefault(self.codes[place], []), point, key=itemgetter(0))  # else by arrival
        self._indexed = len(self.codes)
        directory = self._folder.directory
        decided = self._folder.events.edits_of_meter(directory.ids[code])
        limits = directory.limits_of(code)
        staged = self._by_meter.get(code, ())
        return Neighbours(self._folder.readings, code, limits, staged, decided, self._known.get(code))
