"""Registers by number: identifiers to codes, and the attributes that the account of each meter had in time.

Columns hold codes instead of identifiers. A code is a position in `ids` and never changes while the process lives; it
is given to every meter that has an account or a reading, and to each other register of it with its first reading. The
code of a meter is that of its register `use`. All registers of a meter have its attributes and limits.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from metertui.engine.attributes import NO_DEVICE, DeviceFields
from metertui.engine.base import (
    HOUR,
    PLAIN_COURSE,
    DeviceCourse,
    DevicesInTime,
    FitRule,
    MeterLimits,
    SiteZone,
    device_of,
    meter_of,
)
from metertui.engine.columns import Group

_Moves = tuple[NDArray[np.int64], NDArray[np.int32]]
"""When a meter moved (µs UTC), and its groups before, between and after, one more."""


class MeterCodes:
    """Identifiers, codes and groups. Grows by appending only. Other threads get `frozen_ids` and `groups_in_time`."""

    def __init__(self, fit: FitRule | None = None, zone: SiteZone | None = None) -> None:
        self._fit = fit or FitRule()
        self._zone = zone or SiteZone("UTC")
        self.ids: list[str] = []
        self.codes: dict[str, int] = {}
        self.groups: list[Group] = []
        self._group_codes: dict[Group, int] = {}
        self._current = array("i")
        self._frozen_ids: tuple[str, ...] = ()
        self.lowest_w = array("q")
        """By code, the power by which the register may rise whatever the account said at the time, W."""
        self._registers: dict[int, list[int]] = {}
        """By code of a meter, the codes of its registers besides `use`, in order of their first readings."""
        self._further: list[int] = []
        """All of these."""
        self._moves: dict[int, _Moves] = {}
        self._courses: dict[int, DeviceCourse] = {}
        """What meters are themselves, of whose accounts any says."""
        self._devices: DevicesInTime | None = None
        self._version = 0  # of the attributes
        self._in_time: tuple[int, GroupsInTime] | None = None
        self._nowhere = self.code_of_group(Group())

    def __len__(self) -> int:
        """Return the number of codes: of meters and of their further registers."""
        return len(self.ids)

    @property
    def meters(self) -> int:
        """Return the number of meters."""
        return len(self.ids) - len(self._further)

    def code_of(self, identifier: str) -> int:
        """Return the code of a register by its identifier as it is stored, a new one if it has none yet."""
        code = self.codes.get(identifier)
        if code is not None:
            return code
        meter = meter_of(identifier)
        if meter == identifier:
            group, lowest_w = self._nowhere, self._fit.max_w_of("")
        else:
            of_meter = self.code_of(meter)
            group, lowest_w = self._current[of_meter], self.lowest_w[of_meter]
            self._registers.setdefault(of_meter, []).append(len(self.ids))
            self._further.append(len(self.ids))
            if of_meter in self._moves:
                self._moves[len(self.ids)] = self._moves[of_meter]
            if of_meter in self._courses:
                self._courses[len(self.ids)] = self._courses[of_meter]
                self._devices = None
        code = self.codes[identifier] = len(self.ids)
        self.ids.append(identifier)
        self._current.append(group)
        self.lowest_w.append(lowest_w)
        self._version += 1
        return code

    def further_registers(self) -> tuple[int, ...]:
        """Return the codes of all registers besides the meters' own."""
        return tuple(self._further)

    def codes_of_meter(self, meter: str) -> list[int]:
        """Return the codes of all registers of a meter, its own first; none for an unknown meter."""
        code = self.codes.get(meter)
        return [] if code is None else [code, *self._registers.get(code, ())]

    def code_of_group(self, group: Group) -> int:
        """Return the position of `group` in `groups`, which is added if it is new."""
        code = self._group_codes.get(group)
        if code is None:
            code = self._group_codes[group] = len(self.groups)
            self.groups.append(group)
        return code

    def place_meter(
        self,
        meter: str,
        group: Group,
        moves: Sequence[tuple[int, Group]] = (),
        device: DeviceFields = NO_DEVICE,
        devices: Sequence[tuple[int, DeviceFields]] = (),
    ) -> int:
        """Set a meter's attributes: `group` now, and `moves` as (effective from µs UTC, group) in time order.

        The first of the moves holds for all earlier time too. `device` and `devices` say the same of the meter itself.
        """
        code, current = self.code_of(meter), self.code_of_group(group)
        in_time = _as_moves(moves, self.code_of_group) if len(moves) > 1 else None
        course = course_of(device, devices)
        for each in (code, *self._registers.get(code, ())):
            self._current[each] = current
            if course is not PLAIN_COURSE:
                self._courses[each] = course
                self._devices = None
            elif self._courses.pop(each, None) is not None:
                self._devices = None
            if in_time is None:
                self._moves.pop(each, None)
            else:
                self._moves[each] = in_time
            self.lowest_w[each] = self.limits_of(each).lowest
        self._version += 1
        return code

    def frozen_ids(self) -> tuple[str, ...]:
        """Return the identifiers by code as they are now, for any thread; the same ones until a register is added."""
        if len(self._frozen_ids) != len(self.ids):
            self._frozen_ids = tuple(self.ids)
        return self._frozen_ids

    def groups_in_time(self) -> GroupsInTime:
        """Return the attributes as they are now, for use in any thread; the same until one changes. Any thread.

        The slice is copied under the GIL. numpy would release it meanwhile, and an array being read cannot grow.
        """
        version, kept = self._version, self._in_time  # the version first: what is copied may be newer, never older
        if kept is None or kept[0] != version:
            moves = dict(self._moves)  # before the groups: whoever has moved is among these then
            kept = self._in_time = version, GroupsInTime(np.array(self._current[:], dtype=np.int32), moves)
        return kept[1]

    def limits_of(self, code: int) -> MeterLimits:
        """Return what the readings of a meter are judged by."""
        moves = self._moves.get(code)
        groups = (self._current[code],) if moves is None else moves[1].tolist()
        course = self._courses.get(code, PLAIN_COURSE)
        return _meter_limits(self._fit, [self.groups[group] for group in groups], moves, course, self._zone)

    def devices_in_time(self) -> DevicesInTime | None:
        """Return what the meters are themselves, for any thread; None where no account says."""
        if self._devices is None and self._courses:
            self._devices = DevicesInTime(dict(self._courses), self._zone)
        return self._devices

    def site_limits(self, in_time: GroupsInTime) -> SiteLimits:
        """Return what the readings of all meters are judged by, given their attributes, for use in any thread."""
        return SiteLimits(self._fit, tuple(self.groups), in_time, self.devices_in_time(), self._zone)

    def groups_matching(self, attributes: Group) -> list[int]:
        """Return the codes of the groups that have these attributes; an empty attribute takes any."""
        return [
            code
            for code, group in enumerate(self.groups)
            if all(not wanted or wanted == value for wanted, value in zip(attributes, group, strict=True))
        ]


class GroupsInTime:
    """The group of a meter's readings, by instant."""

    def __init__(self, current: NDArray[np.int32], moves: dict[int, _Moves]) -> None:
        self._current = current
        self._moves = moves

    def __len__(self) -> int:
        """Return the number of registers: codes begin at 0."""
        return len(self._current)

    def replaced(self, current: Mapping[int, int], moves: Mapping[int, _Moves], nowhere: int) -> GroupsInTime:
        """Return the groups where some meters have others, by code; a new meter that has none is in `nowhere`."""
        found = np.full(max(len(self), max(current, default=-1) + 1), nowhere, dtype=np.int32)
        found[: len(self)] = self._current
        found[list(current)] = list(current.values())
        return GroupsInTime(found, {**self._moves, **moves})

    def groups_of_meter(self, code: int) -> tuple[list[int], _Moves | None]:
        """Return the groups of a meter in order of time, and its moves if there are any."""
        moves = self._moves.get(code)
        return ([int(self._current[code])], None) if moves is None else (moves[1].tolist(), moves)

    @cached_property
    def _moved(self) -> NDArray[np.bool_]:
        """Return which meters have more than one group, by code."""
        moved = np.zeros(len(self._current), dtype=bool)
        moved[np.fromiter(self._moves, dtype=np.int64)] = True
        return moved

    def groups_of(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return group codes (int32) of `meter` (codes, in any order) at `time` (µs UTC); equal lengths."""
        if not len(meter):
            return np.empty(0, dtype=np.int32)
        groups = self._current[meter]
        if self._moves:
            rows = np.flatnonzero(self._moved[meter])
            rows = rows[np.argsort(meter[rows], kind="stable")]
            for span in _runs(meter[rows]):
                at = rows[span]
                since, codes = self._moves[int(meter[at[0]])]
                groups[at] = codes[np.searchsorted(since, time[at], side="right")]
        return groups


class SiteLimits:
    """The limits of all meters, by their apartment types in time."""

    def __init__(
        self,
        fit: FitRule,
        groups: Sequence[Group],
        in_time: GroupsInTime,
        devices: DevicesInTime | None,
        zone: SiteZone,
    ) -> None:
        self.devices = devices
        self._zone = zone
        self._fit = fit
        self._groups = groups
        self._in_time = in_time

    @property
    def rounding_wh(self) -> int:
        return self._fit.rounding_wh

    @property
    def shortest_us(self) -> int:
        return HOUR

    def of_meter(self, code: int) -> MeterLimits:
        """Return the limits of one meter."""
        groups, moves = self._in_time.groups_of_meter(code)
        course = PLAIN_COURSE if self.devices is None else self.devices.of_code(code)
        return _meter_limits(self._fit, [self._groups[group] for group in groups], moves, course, self._zone)

    def of_readings(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> int | NDArray[np.int64]:
        """Return by what power registers may rise at readings (codes, µs UTC), W: int64[n], or one that all share."""
        power = self.power_of(meter, time)
        return power if self.devices is None else self.devices.register_w(meter, time, power)

    def power_of(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> int | NDArray[np.int64]:
        """Return the highest power of meters at instants (codes, µs UTC), W: int64[n], or one that all share."""
        power = self._power_by_type(meter, time)
        return power if self.devices is None else self.devices.power_w(meter, time, power)

    def _power_by_type(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> int | NDArray[np.int64]:
        if not self._fit.max_w_by_type:
            return self._fit.max_w
        watts = np.array([self._fit.max_w_of(group.apartment_type) for group in self._groups], dtype=np.int64)
        found = np.full(len(meter), self._fit.max_w_of(""), dtype=np.int64)
        known = meter < len(self._in_time)  # an import has others, which have no account yet
        found[known] = watts[self._in_time.groups_of(meter[known], time[known])]
        return found

    def with_attributes(
        self, courses: Mapping[int, Sequence[tuple[int, Group]]], devices: Mapping[int, DeviceCourse]
    ) -> SiteLimits:
        """Return the limits if meters had these attributes in time. See `Limits`."""
        known = {} if self.devices is None else self.devices.courses
        said = {code: course for code, course in {**known, **devices}.items() if course is not PLAIN_COURSE}
        in_time = DevicesInTime(said, self._zone) if said else None
        if not self._fit.max_w_by_type or not courses:
            return SiteLimits(self._fit, self._groups, self._in_time, in_time, self._zone)
        codes = {group: code for code, group in enumerate(self._groups)}

        def code_of(group: Group) -> int:
            return codes.setdefault(group, len(codes))

        moves = {code: _as_moves(course, code_of) for code, course in courses.items()}
        current = {code: int(groups[-1]) for code, (_, groups) in moves.items()}
        groups = self._in_time.replaced(current, moves, code_of(Group()))
        return SiteLimits(self._fit, tuple(codes), groups, in_time, self._zone)


def _as_moves(course: Sequence[tuple[int, Group]], code_of: Callable[[Group], int]) -> _Moves:
    """Return attributes in time as arrays. The first of them holds for all earlier time too."""
    since = np.array([at for at, _ in course[1:]], dtype=np.int64)
    return since, np.array([code_of(group) for _, group in course], dtype=np.int32)


def course_of(device: DeviceFields, devices: Sequence[tuple[int, DeviceFields]]) -> DeviceCourse:
    """Return what a meter is itself, by its account: `device` now, and `devices` in time if that changed."""
    if device == NO_DEVICE and not devices:
        return PLAIN_COURSE
    if len(devices) < 2:
        return DeviceCourse((device_of(device),))
    return DeviceCourse(tuple(device_of(each) for _, each in devices), tuple(since for since, _ in devices[1:]))


def _meter_limits(
    fit: FitRule, groups: Sequence[Group], moves: _Moves | None, course: DeviceCourse, zone: SiteZone
) -> MeterLimits:
    """Return the limits of a meter that had these groups, one after another, and is of that course itself."""
    watts: tuple[int, ...] = (fit.max_w,)
    since: tuple[int, ...] = ()
    if fit.max_w_by_type:
        watts = tuple(fit.max_w_of(group.apartment_type) for group in groups)
        since = () if moves is None else tuple(moves[0].tolist())
    if course is PLAIN_COURSE:
        return MeterLimits(fit.rounding_wh, watts, since)
    by_type = MeterLimits(fit.rounding_wh, watts, since)
    instants = sorted({*since, *course.since})
    own = [(course.at(at).max_w, by_type.power_at(at)) for at in (-1, *instants)]
    watts = tuple(other if max_w is None else max_w for max_w, other in own)
    return MeterLimits(fit.rounding_wh, watts, tuple(instants), course=course, zone=zone)


def _runs(values: NDArray[np.int32]) -> Iterable[slice]:
    """Return the slices of equal neighbours."""
    if not len(values):
        return []
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return [slice(start, end) for start, end in pairwise(edges)]
