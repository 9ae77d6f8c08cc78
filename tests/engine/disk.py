"""A disk that forgets: a file layer that knows what a power cut may leave of what was not synced.

Operations go to a real folder and into a journal. `after` makes of the journal's first events one of the states that
a disk may be in: all that a sync covered is there. Of what was written to a file since its last sync each write may
be there, be missing, be cut at any byte, or have some of its pages there and zeros for the others; a cut may or may not
have reached the disk. Of what was done to the names in a folder since that folder was synced each step may have
happened or not, a rename as a whole. It is stricter than most file systems, and milder than a disk that lies: see
Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014), on what programs wrongly count on.

Files that Python opens itself (`Path.open`) are not in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

PAGE = 16
"""Bytes that reach the disk as one; small, so that small files have many."""


Real = Callable[..., Any]
State = bytes | tuple[tuple[str, "State"], ...]
"""What is left of a file, or of a folder: its names, each with what is left."""


class Chooser:
    """What decides what is on disk of what was not synced: here nothing."""

    def kept(self, count: int) -> list[bool]:
        """Which of so many steps of one file or folder happened, in their order."""
        return [False] * count

    def part(self, written: bytes, start: int) -> bytes:
        """What is there of a write at `start` that happened."""
        return written


class Everything(Chooser):
    def kept(self, count: int) -> list[bool]:
        return [True] * count


class Newest(Chooser):
    """The last step alone: a new name without the renaming before it, a last batch without the one before."""

    def kept(self, count: int) -> list[bool]:
        return [at == count - 1 for at in range(count)]


class Holes(Everything):
    """All that was done, and of each write every other page, zeros between them."""

    def __init__(self, first: int) -> None:
        self._first = first

    def part(self, written: bytes, start: int) -> bytes:
        pages = _pages(written, start)
        return b"".join(page if at % 2 == self._first else bytes(len(page)) for at, page in enumerate(pages))


class Mixed(Chooser):
    """Anything."""

    def __init__(self, choose: Random) -> None:
        self._choose = choose

    def kept(self, count: int) -> list[bool]:
        return [bool(self._choose.randrange(2)) for _ in range(count)]

    def part(self, written: bytes, start: int) -> bytes:
        match self._choose.randrange(3):
            case 0:
                return written
            case 1:
                return written[: self._choose.randrange(len(written) + 1)]
            case _:
                return b"".join(
                    page if self._choose.randrange(2) else bytes(len(page)) for page in _pages(written, start)
                )


@dataclass(eq=False)
class Inode:
    """A file, or a folder with its names, as the steps that were done to it; each with the event that it is."""

    folder: bool
    steps: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)
    syncs: list[int] = field(default_factory=list)


class Disk:
    """The journal of what is done below `root`, which exists and is on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events = 0
        self._top = Inode(folder=True)
        self._at: dict[Path, Inode] = {root: self._top}
        self._files: dict[int, Inode] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within it, operations are journalled."""
        watchers: dict[str, Callable[..., Any]] = {
            "open": self._open,
            "close": self._close,
            "write": self._write,
            "ftruncate": self._ftruncate,
            "truncate": self._truncate,
            "fsync": self._sync,
            "fdatasync": self._sync,
            "rename": self._rename,
            "replace": self._rename,
            "link": self._link,
            "unlink": self._unlink,
            "mkdir": self._mkdir,
        }
        with ExitStack() as patched:
            for name, note in watchers.items():
                patched.enter_context(patch.object(os, name, partial(note, getattr(os, name))))
            yield

    # -- the journal -------------------------------------------------------------------------------------------

    def _step(self, inode: Inode, kind: str, *what: Any) -> None:
        inode.steps.append((self.events, kind, what))
        self.events += 1

    def _set(self, *names: tuple[Path, Inode | None]) -> None:
        """Give names to files and take them, as one step of their folder."""
        for path, inode in names:
            if inode is None:
                self._at.pop(path, None)
            else:
                self._at[path] = inode
        parent = self._at.get(names[0][0].parent)
        if parent is not None:
            self._step(parent, "names", *((path.name, inode) for path, inode in names))

    def _open(self, real: Real, path: Any, flags: int, *mode: Any, **options: Any) -> int:
        known = self._at.get(Path(path))
        fd: int = real(path, flags, *mode, **options)
        if known is None and flags & os.O_CREAT and Path(path).parent in self._at:
            known = Inode(folder=False)
            self._set((Path(path), known))
        elif known is not None and flags & os.O_TRUNC:
            self._step(known, "truncate", 0)
        if known is not None:
            self._files[fd] = known
        return fd

    def _close(self, real: Real, fd: int) -> None:
        self._files.pop(fd, None)
        real(fd)

    def _write(self, real: Real, fd: int, data: Any) -> int:
        inode = self._files.get(fd)
        count: int = real(fd, data)
        if inode is not None:
            # Behind the write, since a file that is appended to is only then where it wrote.
            self._step(inode, "write", os.lseek(fd, 0, os.SEEK_CUR) - count, bytes(data)[:count])
        return count

    def _ftruncate(self, real: Real, fd: int, size: int) -> None:
        real(fd, size)
        if fd in self._files:
            self._step(self._files[fd], "truncate", size)

    def _truncate(self, real: Real, path: Any, size: int) -> None:
        real(path, size)
        self._step(self._at[Path(path)], "truncate", size)

    def _sync(self, real: Real, fd: int) -> None:
        real(fd)
        if fd in self._files:
            self._files[fd].syncs.append(self.events)
            self.events += 1

    def _rename(self, real: Real, old: Any, new: Any) -> None:
        real(old, new)
        if (inode := self._at.get(Path(old))) is not None:
            self._set((Path(old), None), (Path(new), inode))

    def _link(self, real: Real, old: Any, new: Any) -> None:
        real(old, new)
        self._set((Path(new), self._at[Path(old)]))

    def _unlink(self, real: Real, path: Any, **options: Any) -> None:
        real(path, **options)
        if Path(path) in self._at:
            self._set((Path(path), None))

    def _mkdir(self, real: Real, path: Any, *mode: Any, **options: Any) -> None:
        real(path, *mode, **options)
        if Path(path).parent in self._at:
            self._set((Path(path), Inode(folder=True)))

    # -- what is left --------------------------------------------------------------------------------------------

    def after(self, events: int, choose: Chooser, target: Path) -> None:
        """Lay at `target`, a new folder, what a power cut after so many events may leave."""
        lay(self.state(events, choose), target)

    def state(self, events: int, choose: Chooser) -> State:
        """What a power cut after so many events may leave."""
        return self._state(self._top, events, choose)

    def _state(self, inode: Inode, events: int, choose: Chooser) -> State:
        if not inode.folder:
            return _content(inode, events, choose)
        names: dict[str, Inode] = {}
        for _, changes in _happened(inode, events, choose):
            for name, found in changes:
                if found is None:
                    names.pop(name, None)
                else:
                    names[name] = found
        return tuple((name, self._state(found, events, choose)) for name, found in sorted(names.items()))


def lay(state: State, target: Path) -> None:
    """Make a file or folder of what is left."""
    if isinstance(state, bytes):
        target.write_bytes(state)
        return
    target.mkdir(mode=0o700)
    for name, each in state:
        lay(each, target / name)


def _happened(inode: Inode, events: int, choose: Chooser) -> Iterator[tuple[bool, Any]]:
    """The steps that are on disk after so many events, each with whether it is there for certain."""
    synced = max((at for at in inode.syncs if at < events), default=0)
    steps = [step for step in inode.steps if step[0] < events]
    kept = iter(choose.kept(sum(at >= synced for at, _, _ in steps)))
    for at, kind, what in steps:
        if at < synced or next(kept):
            yield at < synced, what if kind == "names" else (kind, *what)


def _content(inode: Inode, events: int, choose: Chooser) -> bytes:
    data = bytearray()
    for certain, (kind, *what) in _happened(inode, events, choose):
        if kind == "truncate":
            (size,) = what
            data = data[:size].ljust(size, b"\0")
            continue
        start, written = what
        if not certain:
            written = choose.part(written, start)
        data = data.ljust(start, b"\0")
        data[start : start + len(written)] = written
    return bytes(data)


def _pages(written: bytes, start: int) -> list[bytes]:
    """A write as the pages of the file that it touches."""
    edges = [0, *range(PAGE - start % PAGE, len(written), PAGE), len(written)]
    return [written[low:high] for low, high in pairwise(edges)]
