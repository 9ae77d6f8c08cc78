"""How much memory this process holds."""

from __future__ import annotations

import os
import resource
import sys
from typing import Final

_PAGE: Final = resource.getpagesize()


def resident() -> int:
    """Bytes in memory now; where the system does not say so, the most that it has been."""
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    try:
        return int(os.read(descriptor, 128).split()[1]) * _PAGE
    finally:
        os.close(descriptor)
