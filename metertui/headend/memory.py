"""The memory of this process."""

from __future__ import annotations

import os
import resource
import sys
from typing import Final

_PAGE: Final = resource.getpagesize()


def resident_bytes() -> int:
    """Return the bytes of this process in memory; where the system does not say, their maximum so far."""
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    try:
        return int(os.read(descriptor, 128).split()[1]) * _PAGE
    finally:
        os.close(descriptor)
