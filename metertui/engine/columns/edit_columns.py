"""Edits of readings as columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Corrections(NamedTuple):
    """The edits that change what counts, as arrays: meter codes (int32), µs UTC and Wh (int64).

    Each group of arrays has equal lengths, in order of (meter, time), each pair once.
    """

    void_meter: NDArray[np.int32]
    void_time: NDArray[np.int64]
    release_meter: NDArray[np.int32]
    release_time: NDArray[np.int64]
    exchange_meter: NDArray[np.int32]
    exchange_time: NDArray[np.int64]
    final: NDArray[np.int64]
    initial: NDArray[np.int64]
