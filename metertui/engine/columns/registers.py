"""Which codes of columns are registers of one meter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import USE, split_identifier


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

    def is_meter(self) -> NDArray[np.bool_]:
        """Return by code whether it is that of a meter."""
        return np.asarray(self.meter == np.arange(len(self.meter)))
