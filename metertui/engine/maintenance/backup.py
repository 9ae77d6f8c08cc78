"""Backup and restore: a consistent copy of a data folder, made while its owner works on, and restored to a new folder.

The logs are read first, then the archive, then the accounts: a reading that moves from the log into its day file
meanwhile is in both, which loading counts once, and every reading has its account. A last line that is just being
written is left out: it has not been answered. The copy is `.tar.zst` or a plain folder, and its owner's alone; its last
member, `backup.sha256`, has the checksum of every other file, as `sha256sum -c` expects.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple, cast

import zstandard

from metertui.engine.base import Progress, part_of_progress
from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage import (
    LOG,
    SEALED,
    CsvTable,
    ManifestEntry,
    durable,
    manifest,
    private_files,
    sha256_of,
)
from metertui.engine.vee import edit_log

SUFFIX: Final = ".tar.zst"
_SUMS: Final = "backup.sha256"
_APPENDED: Final = (LOG, SEALED)
_BOOKS: Final = ("accounts_history.csv", "users.csv")
_WITH_MANIFEST: Final = ("archive", "intervals", "bills")
"""In this order: what the bills rest on comes first."""
_BELOW: Final = tuple(f"{name}/" for name in _WITH_MANIFEST)
_NOT_DATA: Final = ("metertui.log", "metertui.log.1")
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
_TABLES: Final = (*_BOOKS, edit_log.NAME, "exports.csv")
_TRIES: Final = 20
_PIECE: Final = 1 << 20
_MOST_TIMES: Final = 1000
"""How many times its size a backup may unpack to; those of metertui unpack to some 10 times."""
_LEAST_BOUND: Final = 1 << 26
"""The bytes that any backup may unpack to, however small it is."""


class Member(NamedTuple):
    """A file of a backup: its path below the data folder with forward slashes, and its contents."""

    name: str
    data: bytes


@dataclass(slots=True)
class BackupReport:
    """The number of files in a backup, and their bytes."""

    files: int = 0
    bytes: int = 0


_Add = Callable[[str, Iterable[bytes]], None]
"""Adds a file, by its name and the pieces of its contents, to a backup or to what is restored."""


def back_up(folder: Path, target: Path, progress: Progress) -> BackupReport:
    """Copy a data folder to `target`: `NAME.tar.zst`, or a folder, which must not be there yet.

    On disk when it returns; until then there is no `target`. Raises MeterError, StorageError.
    """
    if not folder.is_dir():
        raise MeterError(f"there is no data folder {folder}")
    if target.exists():
        raise MeterError(f"{target} exists already; a backup does not overwrite anything")
    if folder.resolve() in target.resolve().parents:
        raise MeterError(f"{target} is inside the data folder; put the backup elsewhere")
    packed = target.name.endswith(SUFFIX)
    with durable.writing(target), (_packing if packed else _laying)(target) as add:
        return _copy(folder, add, progress)


def pack(folder: Path, file: IO[bytes], progress: Progress) -> BackupReport:
    """Write a data folder to an open file, such as a pipe, as a `.tar.zst`. Raises MeterError, OSError."""
    if not folder.is_dir():
        raise MeterError(f"there is no data folder {folder}")
    with _packing_into(file) as add:
        return _copy(folder, add, progress)


def _copy(folder: Path, add: _Add, progress: Progress) -> BackupReport:
    report, sums = BackupReport(), []
    for member in _members(folder, progress):
        digest = hashlib.sha256()
        add(member.name, _counted([member.data], digest.update, report))
        sums.append(f"{digest.hexdigest()}  {member.name}\n")
    add(_SUMS, ["".join(sums).encode()])
    return report


def restore(source: Path, folder: Path, progress: Progress) -> BackupReport:
    """Restore a backup as `folder`, which must be missing or empty. Every checksum is verified first.

    On disk when it returns, and `folder` is as before until then. Raises MeterError, StorageError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MeterError(f"{folder} is not empty; restore does not overwrite anything")
    if not source.exists():
        raise MeterError(f"there is no backup {source}")
    report = BackupReport()
    found: dict[str, str] = {}
    stated: dict[str, str] | None = None
    try:
        with durable.writing(folder), _laying(folder) as add:
            for name, pieces, share in _unpacked(source) if source.is_file() else _laid(source):
                if name == _SUMS:
                    stated = _sums(b"".join(pieces), source)
                    continue
                digest = hashlib.sha256()
                add(name, _counted(pieces, digest.update, report))
                found[name] = digest.hexdigest()
                progress(share)
            _compare(source, found, stated)
    except (zstandard.ZstdError, tarfile.TarError, EOFError) as error:
        raise MeterError(f"{source} is not a complete backup: {error}") from error
    return report


def _counted(pieces: Iterable[bytes], update: Callable[[bytes], None], report: BackupReport) -> Iterator[bytes]:
    """Count a file while its pieces are passed on, and into its checksum."""
    report.files += 1
    for piece in pieces:
        update(piece)
        report.bytes += len(piece)
        yield piece


# -- what a data folder holds ------------------------------------------------------------------------------------


def _members(folder: Path, progress: Progress) -> Iterator[Member]:
    for name in _APPENDED:
        if (member := _read(folder, name)) is not None:
            yield _whole_lines(member)
    for place, below in enumerate(_WITH_MANIFEST):
        yield from _sealed_files(folder, below, part_of_progress(progress, place, len(_WITH_MANIFEST)))
    yield from _books(folder)
    done_with = {*_APPENDED, *_BOOKS}
    for path in _files_below(folder):
        name = path.relative_to(folder).as_posix()
        if name not in done_with and not name.startswith(_BELOW) and _counts(name):
            member = _read(folder, name)
            if member is not None:
                yield _whole_rows(member) if name in _TABLES else member


def _sealed_files(folder: Path, below: str, progress: Progress) -> Iterator[Member]:
    """Yield the files of a folder with a manifest, and a manifest that fits what was copied."""
    before = _sealed(folder, below)
    paths = [path for path in _files_below(folder / below) if path.name != manifest.NAME]
    digests = {}
    for done, path in enumerate(paths, 1):
        name = path.relative_to(folder).as_posix()
        if _counts(name) and (member := _read(folder, name)) is not None:
            digests[name.removeprefix(f"{below}/")] = sha256_of(member.data)
            yield member
        progress(done / len(paths))
    if lines := _consistent(digests, before, _sealed(folder, below)):
        yield Member(f"{below}/{manifest.NAME}", manifest.encode_manifest(lines))


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def _counts(name: str) -> bool:
    """Return whether a file is data: not a lock, socket, program log or half-written file."""
    return not any(part.startswith(".") for part in PurePosixPath(name).parts) and name not in _NOT_DATA


def _read(folder: Path, name: str) -> Member | None:
    """Return a file as it is now; None if there is none. Raises MeterError for what is no regular file."""
    data = durable.read_data_file(folder / name)
    return None if data is None else Member(name, data)


def _whole_lines(member: Member) -> Member:
    return member._replace(data=member.data[: member.data.rfind(b"\n") + 1])


def _whole_rows(member: Member) -> Member:
    """Leave out what a start would drop: rows with holes, and a last row that is torn."""
    try:
        table = CsvTable(Path(member.name), (), unsynced=len(member.data) + 1, data=member.data)
        for _ in table.rows():
            pass
    except DataError:  # it is broken elsewhere, and for check and repair to mend
        return _whole_lines(member)
    return member if table.damage is None else member._replace(data=table.damage.whole)


def _books(folder: Path) -> Iterator[Member]:
    """Yield accounts and their attributes in time, read until neither changed meanwhile, so that they agree."""
    found: list[Member] = []
    for _ in range(_TRIES):
        found = _books_now(folder)
        again = {member.name: member.data for member in _books_now(folder)}
        # Registrations append, so the files may have grown.
        if again.keys() == {m.name for m in found} and all(again[m.name].startswith(m.data) for m in found):
            break
    yield from map(_whole_rows, found)


def _books_now(folder: Path) -> list[Member]:
    """Return the files of the accounts; of an interrupted change, what the next start will make of them."""
    decided = durable.pending_path(folder / _BOOKS[-1]).exists()
    found = []
    for name in _BOOKS:
        waiting = _read(folder, durable.pending_path(folder / name).name) if decided else None
        member = _read(folder, name) if waiting is None else waiting._replace(name=name)
        if member is not None:
            found.append(member)
    return found


def _sealed(folder: Path, below: str) -> dict[str, ManifestEntry]:
    return manifest.Manifest(folder / below).read_entries()


def _consistent(
    digests: dict[str, str], before: dict[str, ManifestEntry], after: dict[str, ManifestEntry]
) -> dict[str, ManifestEntry]:
    """Return the manifest of what was copied: each file is as the manifest described it before or after the copy.

    A file that was written more than once fits neither, and gets no checksum, like one that is being written.
    """
    lines = {}
    for name, digest in digests.items():
        known = [line[name] for line in (before, after) if name in line]
        fitting = [line for line in known if line.sha256 == digest]
        if fitting:
            lines[name] = fitting[-1]
        elif known:
            written = before.get(name) != after.get(name)
            lines[name] = known[-1]._replace(sha256="") if written else known[-1]
    return lines | {name: line for name, line in after.items() if name not in digests and name in before}


# -- where a backup is put ---------------------------------------------------------------------------------------


def _pack(tar: tarfile.TarFile, name: str, pieces: Iterable[bytes]) -> None:
    data = b"".join(pieces)
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), private_files.FILE_MODE
    tar.addfile(info, io.BytesIO(data))


def _lay(folder: Path, name: str, pieces: Iterable[bytes]) -> None:
    for above in reversed(PurePosixPath(name).parents):
        private_files.make_folder(folder / above)
    fd = private_files.open_file(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        for piece in pieces:
            durable.write_all(fd, piece)
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _packing(target: Path) -> Iterator[_Add]:
    """Write a `.tar.zst` that gets its name once it is complete and on disk."""
    spare = target.with_name(f".metertui-{secrets.token_hex(16)}.new")
    with open(private_files.open_file(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW), "wb") as raw:
        try:
            with _packing_into(raw) as add:
                yield add
            raw.flush()
            os.fsync(raw.fileno())
            spare.rename(target)
            durable.sync_folder(target.parent)
        finally:
            spare.unlink(missing_ok=True)


@contextmanager
def _packing_into(raw: IO[bytes]) -> Iterator[_Add]:
    with (
        zstandard.ZstdCompressor(write_checksum=True).stream_writer(raw, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield partial(_pack, tar)


@contextmanager
def _laying(target: Path) -> Iterator[_Add]:
    """Write a folder that gets its name once it is complete and on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    spare = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        spare.chmod(private_files.FOLDER_MODE)
        yield partial(_lay, spare)
        for inner, _, _ in os.walk(spare):
            durable.sync_folder(Path(inner))
        spare.rename(target)  # over an empty folder, if there is one
        durable.sync_folder(target.parent)
    finally:
        shutil.rmtree(spare, ignore_errors=True)


# -- what a backup holds -----------------------------------------------------------------------------------------


class _Bounded:
    """What a backup unpacks to; it ends with an error where that is far more than any data folder would be."""

    def __init__(self, plain: zstandard.ZstdDecompressionReader, source: Path, size: int) -> None:
        self._plain = plain
        self._source = source
        self._left = max(_LEAST_BOUND, _MOST_TIMES * size)

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`."""
        data = self._plain.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise MeterError(f"{self._source} is not a backup: it unpacks to over {_MOST_TIMES} times its size")
        return data


def _unpacked(source: Path) -> Iterator[tuple[str, Iterator[bytes], float]]:
    size = source.stat().st_size or 1
    with (
        source.open("rb") as raw,
        zstandard.ZstdDecompressor().stream_reader(raw) as plain,
        tarfile.open(fileobj=cast("IO[bytes]", _Bounded(plain, source, size)), mode="r|") as tar,
    ):
        for info in tar:
            inner = tar.extractfile(info) if info.isreg() else None
            if inner is None:
                raise MeterError(f"{source} is not a backup: {_shown(info.name)} in it is not a regular file")
            yield _safe(info.name, source), _pieces(inner), raw.tell() / size


def _laid(source: Path) -> Iterator[tuple[str, Iterator[bytes], float]]:
    paths = [path for path in sorted(source.rglob("*")) if not path.is_dir() or path.is_symlink()]
    for done, path in enumerate(paths, 1):
        name = path.relative_to(source).as_posix()
        if path.is_symlink() or not path.is_file():
            raise MeterError(f"{source} is not a backup: {_shown(name)} in it is not a regular file")
        with private_files.open_for_reading(path) as file:
            yield _safe(name, source), _pieces(file), done / len(paths)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _safe(name: str, source: Path) -> str:
    """Return a name if it stays below the folder that it is put in. Raises MeterError for any other."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or not name.isprintable():
        raise MeterError(f"{source} is not a backup: a file in it would be written to {_shown(name)}")
    return name


def _shown(name: str) -> str:
    return name.encode("unicode_escape").decode("ascii")


def _sums(data: bytes, source: Path) -> dict[str, str]:
    matches = [_SUM_LINE.fullmatch(line) for line in data.decode("utf-8", "replace").splitlines()]
    if None in matches:
        raise MeterError(f"{source} is damaged: {_SUMS} in it has a line that is not a checksum")
    return {match[2]: match[1] for match in matches if match}


def _compare(source: Path, found: dict[str, str], stated: dict[str, str] | None) -> None:
    if stated is None:
        raise MeterError(f"{source} is not a complete backup: it has no {_SUMS}")
    for name in sorted(found.keys() | stated.keys()):
        if found.get(name) != stated.get(name):
            what = "is missing" if name not in found else "has no checksum" if name not in stated else "is damaged"
            raise MeterError(f"{source} is damaged: {_shown(name)} in it {what}; nothing was restored")
