"""What the rows of an import name: registers, files and attributes, each by a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import check_identifier, meter_of, visible
from metertui.engine.columns import Group, Registers
from metertui.engine.core.import_accounts import NO_STATEMENT
from metertui.engine.errors import MeterError, Refused


class ImportNames:
    """The names of an import by number; registers that are stored have their codes, new ones the next."""

    def __init__(self, ids: Sequence[str], registers: Registers) -> None:
        """Take the identifiers that are stored, by code, and which of them are of one meter."""
        self.ids = list(ids)
        """Identifiers by code."""
        self.sources: list[str] = []
        """Names of files, in order."""
        self.groups: list[Group] = []
        self.stored = len(self.ids)
        """How many registers are stored."""
        self._codes = {register: code for code, register in enumerate(self.ids)}
        self._group_codes: dict[Group, int] = {}
        self._meters = registers.meter.tolist()
        self._registers = registers

    @property
    def registers(self) -> Registers:
        """Return which codes are registers of one meter."""
        if len(self._registers.meter) != len(self.ids):
            self._registers = Registers(self.ids)
        return self._registers

    def codes_of(self, registers: Sequence[str]) -> NDArray[np.int32]:
        """Return the codes of registers; new ones, and their meters, get one. Raises MeterError for what names none."""
        return np.array([self._code(each) for each in registers], dtype=np.int32)

    def meters_of(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the codes of the meters of registers."""
        return np.array([self._meters[code] for code in codes.tolist()], dtype=np.int32)

    def known_codes(self, registers: Sequence[str]) -> NDArray[np.int32]:
        """Return the codes of registers, -1 for those that have none."""
        return np.array([self._codes.get(each, -1) for each in registers], dtype=np.int32)

    def _code(self, register: str) -> int:
        code = self._codes.get(register)
        if code is None:
            try:
                check_identifier(register)
            except Refused as error:  # readers refuse such rows; a folder with one could not be opened again
                raise MeterError(f"'{visible(register[:40])}' names no register: {error.why}") from error
            meter = meter_of(register)
            of_meter = None if meter == register else self._code(meter)
            code = self._codes[register] = len(self.ids)
            self.ids.append(register)
            self._meters.append(code if of_meter is None else of_meter)
        return code

    def source_of(self, name: str) -> int:
        """Return the number of a file, whose pieces come one after the other."""
        if not self.sources or self.sources[-1] != name:
            self.sources.append(name)
        return len(self.sources) - 1

    def groups_of(self, stated: Sequence[Group], place: NDArray[np.int32] | None, count: int) -> NDArray[np.int32]:
        """Return the numbers of the attributes of rows, given as places in those that are `stated`; int32[count]."""
        if place is None:
            return np.full(count, NO_STATEMENT, dtype=np.int32)
        codes = [self._group(each) for each in stated]
        return np.array(codes, dtype=np.int32)[place]

    def _group(self, group: Group) -> int:
        code = self._group_codes.get(group)
        if code is None:
            code = self._group_codes[group] = len(self.groups)
            self.groups.append(group)
        return code
