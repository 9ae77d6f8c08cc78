"""The limit of open files, which connections share with everything else that a process opens."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from typing import Final

_SPARE: Final = 256
"""File descriptors for everything else: files, commands, and connections that are being refused."""
_LEAST_SPARE: Final = 48
"""The same under a limit of less than two hundred files: the files of the engine, and a few commands."""


@dataclass(frozen=True)
class Room:
    """How many connections the limit of open files leaves room for."""

    connections: int
    """The connections to take at once."""
    refused: int
    """The further ones that may be open while they are told that they are refused."""
    shortfall: str = ""
    """A sentence, if these are fewer connections than were wanted; else empty."""


def make_room(connections: int) -> Room:
    """Raise the limit of open files for so many connections, or as far as the system allows."""
    files = _raise_limit(connections + _SPARE)
    if files >= connections + _SPARE:
        return Room(connections, _SPARE // 4)
    spare = min(_SPARE, max(_LEAST_SPARE, files // 4))
    most = min(connections, max(1, files - spare))
    if most == connections:
        return Room(most, spare // 4)
    told = (
        f"the system allows {files} open files, so at most {most} connections are taken at once, "
        f"not {connections} (max_connections); ulimit -n, or LimitNOFILE of systemd, raises that"
    )
    return Room(most, spare // 4, told)


def _raise_limit(files: int) -> int:
    """Raise the limit of open files to `files`, or as far as the system allows; return how many may be open then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than their hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return files if soft == resource.RLIM_INFINITY else soft
