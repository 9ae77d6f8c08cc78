"""Manifests: the checksums of files as metertui wrote them, so that later changes by others show.

`archive/manifest.csv` has a line for each day file: its SHA-256 and, once it was found to be changed by something else,
the word `edited`, until someone accepts the file. The checksum of a file is removed before the file is written and set
again afterwards, each on disk before the next step. A crash in between leaves a file without a checksum, never with a
wrong one, and the next start fills it in. The manifest is derived: deleting it loses only which files were edited.
"""

from __future__ import annotations

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.errors import DataError
from metertui.engine.storage import durable

NAME: Final = "manifest.csv"
HEADER: Final = b"file,sha256,edited"
_LINE: Final = re.compile(rb"((?:[0-9]{4}/[0-9]{2}_[0-9]{2}|[0-9]{4}_[0-9]{2})\.csv),([0-9a-f]{64}|),(edited|)\r?")


class ManifestEntry(NamedTuple):
    """The entry of a file: SHA-256 in hex, empty while the file is being written, and whether it was edited."""

    sha256: str = ""
    edited: bool = False

    def matches(self, data: bytes) -> bool:
        """Return whether `data` is what metertui wrote, as far as is known."""
        return not self.edited and self.sha256 in ("", sha256_of(data))


class Manifest:
    """The manifest of a folder of day files or issued bills, read from disk each time, as others may write it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / NAME

    def read_entries(self) -> dict[str, ManifestEntry]:
        """Return the entries by file name, such as `2025/03_01.csv`. Raises DataError that names the line, OSError."""
        return parse_manifest(durable.read_present(self.path) or b"", self.path)

    def begin_change(self, names: Iterable[str]) -> None:
        """Record that files are about to change; on disk on return. Raises DataError, StorageError, OSError."""
        with self._changing() as lines:
            for name in lines.keys() & set(names):
                data = self._data(name)
                edited = data is None or not lines[name].matches(data)
                lines[name] = ManifestEntry("", edited)

    def end_change(self, names: Iterable[str]) -> None:
        """Record the checksums of files as they are now; on disk on return. Raises DataError, StorageError, OSError."""
        with self._changing() as lines:
            for name in names:
                data = self._data(name)
                if data is not None:
                    lines[name] = ManifestEntry(sha256_of(data), lines.get(name, ManifestEntry()).edited)

    def accept_files(self, names: Iterable[str]) -> None:
        """Accept files as they are, edited or deleted. Raises DataError, StorageError, OSError."""
        with self._changing() as lines:
            for name in names:
                data = self._data(name)
                if data is None:
                    lines.pop(name, None)
                else:
                    lines[name] = ManifestEntry(sha256_of(data))

    def _data(self, name: str) -> bytes | None:
        return durable.read_present(self._folder / name)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ManifestEntry]]:
        """Write the entries at the end if they have changed."""
        before = self.read_entries()
        lines = dict(before)
        yield lines
        if lines != before:
            durable.replace_file(self.path, encode_manifest(lines))


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 (FIPS 180-4) of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def is_header(line: bytes) -> bool:
    """Return whether a line, with its end or without, is the header of a manifest."""
    return line.rstrip() == HEADER


def is_entry(line: bytes) -> bool:
    """Return whether a line, with its end or without, is an entry of a manifest."""
    return _LINE.fullmatch(line.removesuffix(b"\n")) is not None


def parse_manifest(data: bytes, path: Path) -> dict[str, ManifestEntry]:
    """Parse a manifest into entries by file name. Raises DataError that names the line."""
    lines = {}
    for number, line in enumerate(data.removeprefix(BOM_UTF8).split(b"\n"), 1):
        if not line or (number == 1 and is_header(line)):
            continue
        match = _LINE.fullmatch(line)
        if number == 1 or match is None:
            what = f"a line is {HEADER.decode()}; if you delete this file, the next start creates it again"
            raise DataError(path, number, what)
        lines[match[1].decode()] = ManifestEntry(match[2].decode(), bool(match[3]))
    return lines


def encode_manifest(lines: dict[str, ManifestEntry]) -> bytes:
    """Return the content of a manifest file, in order of the file names."""
    rows = (f"{name},{line.sha256},{'edited' if line.edited else ''}\n" for name, line in sorted(lines.items()))
    return HEADER + b"\n" + "".join(rows).encode("ascii")
