"""Which codes of columns are registers of one meter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import USE, split_identifier
from metertui.engine.columns.combined_curve import NO_CODE

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    USE: tuple(f"t{number}" for number in range(1, 10)),
    "export": tuple(f"e{number}" for number in range(1, 10)),
}
"""The channels that a channel is the sum of where it is not read itself."""


class Registers:
    """The registers by code, each with its meter, and by channel. Most sites have no other than `use`: see `several`.

    The code of a meter is that of its register `use`.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        """Take the identifiers by code. The meter of each register must be among them."""
        self.meter: NDArray[np.int32] = np.arange(len(ids), dtype=np.int32)
        """By code of a register, that of its meter."""
        self._of_channel: dict[str, dict[int, int]] = {}
        if ":" not in "".join(ids):  # a tenth of the time that looking at each takes
            return
        codes = {identifier: code for code, identifier in enumerate(ids)}
        for code, identifier in enumerate(ids):
            meter, channel = split_identifier(identifier)
            if channel != USE:
                of_meter = codes[meter]
                self.meter[code] = of_meter
                self._of_channel.setdefault(channel, {})[of_meter] = code

    @property
    def several(self) -> bool:
        """Return whether any meter has another register than `use`."""
        return bool(self._of_channel)

    @property
    def channels(self) -> Mapping[str, Mapping[int, int]]:
        """Return the codes of registers by channel and code of their meter, without `use`."""
        return self._of_channel

    def names(self) -> list[str]:
        """Return the channels that meters have, sums of parts too, in order of their names."""
        found = {USE, *self._of_channel}
        return sorted(found | {name for name, parts in PARTS.items() if found.intersection(parts)})

    def beside_use(self, meter: int | None) -> list[str]:
        """Return the channels of one meter by its code, or of all, that are no part of their use: sums, not parts."""
        found = {name for name, codes in self._of_channel.items() if meter is None or meter in codes}
        found |= {name for name, parts in PARTS.items() if found.intersection(parts)}
        return sorted(found.difference((USE, *chain(*PARTS.values()))))

    def of_channel(self, channel: str) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
        """Return the codes of the registers of a channel and of its parts, by code of the meter, or NO_CODE."""
        total = self._codes(channel)
        if channel == USE:
            total = np.where(self.is_meter(), self.meter, NO_CODE).astype(np.int64)
        return total, [self._codes(name) for name in PARTS.get(channel, ()) if name in self._of_channel]

    def making(self, channel: str, meter: int | None) -> list[int] | None:
        """Return the registers that a channel is made of, of one meter by its code or of all; None for every one."""
        if channel == USE and not self.several:
            return None if meter is None else [meter]
        total, parts = self.of_channel(channel)
        some = slice(None) if meter is None else slice(meter, meter + 1)
        every = np.concatenate([codes[some] for codes in (total, *parts)])
        return sorted(every[every != NO_CODE].tolist())

    def _codes(self, channel: str) -> NDArray[np.int64]:
        codes = np.full(len(self.meter), NO_CODE, dtype=np.int64)
        known = self._of_channel.get(channel, {})
        codes[np.fromiter(known, dtype=np.int64)] = np.fromiter(known.values(), dtype=np.int64)
        return codes

    def is_meter(self) -> NDArray[np.bool_]:
        """Return by code whether it is that of a meter."""
        return np.asarray(self.meter == np.arange(len(self.meter)))
