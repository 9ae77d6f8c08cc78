"""Array types that the whole engine shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]
"""Instants in µs UTC, energy in Wh, money in cents, or positions."""
