"""The memory of this process."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Callable
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


def release_freed() -> None:
    """Give what this process has freed back to the system; does nothing where the C library cannot. Any thread.

    The C library keeps the memory of freed columns for each thread, as free parts of a heap: some hundred MB after a
    few questions. Giving it back takes some ms, less than if columns were mapped alone and cleared each time.
    """
    if _trim is not None:
        _trim(0)


def _find_trim() -> Callable[[int], int] | None:
    """Return `malloc_trim` of glibc; None with another C library."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS; Windows
        return None


_trim: Final = _find_trim()
