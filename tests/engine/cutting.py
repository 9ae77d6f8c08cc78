"""Cutting the power: a program that ends between any two operations on files, or in the midst of a write."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

OPERATIONS = (
    *("open", "write", "fsync", "fdatasync", "truncate", "ftruncate"),
    *("replace", "rename", "link", "unlink", "mkdir"),
)


class PowerCut(BaseException):
    """Ends the program where it stands, as nothing in it can expect."""


def cutting(monkeypatch: pytest.MonkeyPatch, survive: int, torn: int = 0) -> list[str]:
    """Cut the power at the operation after so many. If that is a write, its first `torn` bytes get to the disk.

    Returns the list in which the names of the operations that are done gather.
    """
    done: list[str] = []
    cut = False

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            nonlocal cut
            if len(done) < survive:
                done.append(name)
                return real(*args, **kwargs)
            if not cut and name == "write" and torn:
                real(args[0], args[1][:torn])
            cut = True
            raise PowerCut  # and again, if the program tidies up: none of that comes to be

        return operation

    for name in OPERATIONS:
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    return done


def places_to_cut(text: bytes) -> list[int]:
    """The ends of what may reach the disk of a text: every byte near the end of a line, and else every seventh."""
    ends = [0, *(at for at, byte in enumerate(text, 1) if byte == ord("\n")), len(text)]
    return [at for at in range(len(text) + 1) if at % 7 == 0 or min(abs(at - end) for end in ends) <= 2]


def undisturbed(template: Path, work: Callable[[Path], object]) -> Path:
    """A copy of a folder in which `work` was done."""
    folder = template.with_name("undisturbed")
    shutil.copytree(template, folder)
    work(folder)
    return folder


def cut_anywhere(
    monkeypatch: pytest.MonkeyPatch, template: Path, work: Callable[[Path], object], at_least: int
) -> Iterator[Path]:
    """For each operation of `work` a copy of a folder in which the power was cut there, a write also in its midst.

    What two cuts leave alike comes once: a start finds nothing but the files. `work` must take `at_least` so many
    operations, or this would prove nothing.
    """

    def worked(name: str, survive: int, torn: int) -> tuple[Path, list[str]]:
        folder = template.with_name(name)
        shutil.copytree(template, folder)
        with monkeypatch.context() as patched:
            done = cutting(patched, survive, torn)
            with contextlib.suppress(PowerCut):
                work(folder)
        return folder, done

    _, operations = worked("counted", 10_000, 0)
    assert len(operations) >= at_least, f"it took {len(operations)} operations only"
    seen = set()
    for survive, operation in enumerate(operations):
        for torn in (0, 20) if operation == "write" else (0,):
            folder, done = worked(f"{survive}-{torn}", survive, torn)
            assert len(done) == survive, "the power was not cut"
            if (left := contents(folder)) not in seen:
                seen.add(left)
                yield folder


def contents(folder: Path) -> frozenset[tuple[Path, int, bytes]]:
    """Return everything that a start finds in a folder: each file and folder with its mode and its bytes."""
    return frozenset(
        (path.relative_to(folder), path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    )
