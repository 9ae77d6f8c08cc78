"""Backup and restore: a consistent copy of a data folder, taken while its owner goes on, and put back where nothing is.

The logs are read first, then the archive, then the accounts: a reading that moves from the log into its day file
meanwhile is in both, which loading takes as one, and no reading is without its account. A last line that is just being
written is left out: it has not been answered. The copy is `.tar.zst`, or a plain folder; its last member,
`backup.sha256`, has the checksum of every other, in the form that `sha256sum -c` takes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, Protocol

import zstandard

from metertui.engine.base import Progress, no_progress
from metertui.engine.errors import MeterError
from metertui.engine.storage import LOG, SEALED, ManifestEntry, durable, manifest, sha256_of
from metertui.engine.vee import edit_log

SUFFIX: Final = ".tar.zst"
_SUMS: Final = "backup.sha256"
_APPENDED: Final = (LOG, SEALED)
_BOOKS: Final = ("accounts_history.csv", "users.csv")
_ARCHIVE: Final = "archive"
_BILLS: Final = "bills"
_NOT_DATA: Final = ("metertui.log",)
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
_TRIES: Final = 20


class Member(NamedTuple):
    """A file of a backup: its name below the data folder with forward slashes, who may use it, what it holds."""

    name: str
    mode: int
    data: bytes


@dataclass(slots=True)
class BackupReport:
    """How many files went into a backup or came out of it, and their bytes."""

    files: int = 0
    bytes: int = 0


class _Sink(Protocol):
    def add(self, member: Member) -> None:
        """Take in a file."""


def back_up(folder: Path, target: Path, progress: Progress) -> BackupReport:
    """Copy a data folder to `target`: `NAME.tar.zst`, or a folder, which must not be there yet.

    On disk when it returns, and there is no `target` before. Raises MeterError, StorageError.
    """
    if not folder.is_dir():
        raise MeterError(f"there is no data folder {folder}")
    if target.exists():
        raise MeterError(f"{target} is there already; a backup overwrites nothing")
    if folder.resolve() in target.resolve().parents:
        raise MeterError(f"{target} is inside the data folder; a backup belongs elsewhere")
    report, sums = BackupReport(), []
    packed = target.name.endswith(SUFFIX)
    try:
        with (_packing if packed else _laying)(target) as sink:
            for member in _members(folder, progress):
                sink.add(member)
                sums.append(f"{sha256_of(member.data)}  {member.name}\n")
                report.files += 1
                report.bytes += len(member.data)
            sink.add(Member(_SUMS, 0o644, "".join(sums).encode()))
    except OSError as error:
        raise durable.storage_error(target, error) from error
    return report


def restore(source: Path, folder: Path, progress: Progress) -> BackupReport:
    """Put a backup back as `folder`, which must be missing or empty. Every file is held against its checksum first.

    On disk when it returns, and `folder` is as before until then. Raises MeterError, StorageError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MeterError(f"{folder} is not empty; restore writes over nothing")
    if not source.exists():
        raise MeterError(f"there is no backup {source}")
    report = BackupReport()
    found: dict[str, str] = {}
    stated: dict[str, str] | None = None
    try:
        with _laying(folder) as sink:
            for member, share in _unpacked(source) if source.is_file() else _laid(source):
                if member.name == _SUMS:
                    stated = _sums(member.data, source)
                    continue
                found[member.name] = sha256_of(member.data)
                sink.add(member)
                report.files += 1
                report.bytes += len(member.data)
                progress(share)
            _compare(source, found, stated)
    except (zstandard.ZstdError, tarfile.TarError, EOFError) as error:
        raise MeterError(f"{source} is no backup, or not a whole one: {error}") from error
    except OSError as error:
        raise durable.storage_error(folder, error) from error
    return report


# -- what a data folder holds ------------------------------------------------------------------------------------


def _members(folder: Path, progress: Progress) -> Iterator[Member]:
    for name in _APPENDED:
        if (member := _read(folder, name)) is not None:
            yield _whole_lines(member)
    yield from _sealed_files(folder, _ARCHIVE, progress)
    yield from _sealed_files(folder, _BILLS, no_progress)
    yield from _books(folder)
    done_with = {*_APPENDED, *_BOOKS}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in done_with and not name.startswith((f"{_ARCHIVE}/", f"{_BILLS}/")) and _counts(name):
            member = _read(folder, name)
            if member is not None:
                yield _whole_lines(member) if name == edit_log.NAME else member


def _sealed_files(folder: Path, below: str, progress: Progress) -> Iterator[Member]:
    """The files of a folder with a manifest, and the manifest that fits what was copied of them."""
    before = _sealed(folder, below)
    paths = sorted(path for path in (folder / below).rglob("*") if path.name != manifest.NAME)
    digests = {}
    for done, path in enumerate(paths, 1):
        name = path.relative_to(folder).as_posix()
        if _counts(name) and (member := _read(folder, name)) is not None:
            digests[name.removeprefix(f"{below}/")] = sha256_of(member.data)
            yield member
        progress(done / len(paths))
    if lines := _consistent(digests, before, _sealed(folder, below)):
        yield Member(f"{below}/{manifest.NAME}", 0o644, manifest.encode_manifest(lines))


def _counts(name: str) -> bool:
    """Whether a file is data: no lock, socket, log of the program, or half-written spare."""
    return not any(part.startswith(".") for part in PurePosixPath(name).parts) and name not in _NOT_DATA


def _read(folder: Path, name: str) -> Member | None:
    """A regular file as it is now; None if there is none."""
    path = folder / name
    with contextlib.suppress(FileNotFoundError):
        if path.is_file():
            return Member(name, path.stat().st_mode & 0o777, path.read_bytes())
    return None


def _whole_lines(member: Member) -> Member:
    return member._replace(data=member.data[: member.data.rfind(b"\n") + 1])


def _books(folder: Path) -> Iterator[Member]:
    """Accounts and their attributes in time, which say the same: read until neither changed meanwhile."""
    found: list[Member] = []
    for _ in range(_TRIES):
        found = _books_now(folder)
        again = {member.name: member.data for member in _books_now(folder)}
        # Registrations append, so what was read may have grown.
        if again.keys() == {m.name for m in found} and all(again[m.name].startswith(m.data) for m in found):
            break
    yield from map(_whole_lines, found)


def _books_now(folder: Path) -> list[Member]:
    """The files of the accounts; of a change that a crash cut, what the next start will make of them."""
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
    """The manifest of what was copied: a file that was written meanwhile is what the manifest said then or says now.

    One that was written more than once is what neither says, and gets no checksum, as one that is being written.
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


class _Packed:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, member: Member) -> None:
        info = tarfile.TarInfo(member.name)
        info.size, info.mode = len(member.data), member.mode
        self._tar.addfile(info, io.BytesIO(member.data))


class _Laid:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, member: Member) -> None:
        path = self._folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.fchmod(fd, member.mode)
            durable.write_all(fd, member.data)
            os.fsync(fd)
        finally:
            os.close(fd)


@contextmanager
def _packing(target: Path) -> Iterator[_Sink]:
    """A `.tar.zst` that gets its name once it is whole and on disk."""
    spare = target.with_name(f".{target.name}.new")
    try:
        with spare.open("wb") as raw:
            with (
                zstandard.ZstdCompressor(write_checksum=True).stream_writer(raw, closefd=False) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield _Packed(tar)
            raw.flush()
            os.fsync(raw.fileno())
        spare.rename(target)
        durable.sync_folder(target.parent)
    finally:
        spare.unlink(missing_ok=True)


@contextmanager
def _laying(target: Path) -> Iterator[_Sink]:
    """A folder that gets its name once it is whole and on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    spare = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        spare.chmod(0o755)
        yield _Laid(spare)
        for inner, _, _ in os.walk(spare):
            durable.sync_folder(Path(inner))
        spare.rename(target)  # over an empty folder, if there is one
        durable.sync_folder(target.parent)
    finally:
        shutil.rmtree(spare, ignore_errors=True)


# -- what a backup holds -----------------------------------------------------------------------------------------


def _unpacked(source: Path) -> Iterator[tuple[Member, float]]:
    size = source.stat().st_size or 1
    with (
        source.open("rb") as raw,
        zstandard.ZstdDecompressor().stream_reader(raw) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for info in tar:
            inner = tar.extractfile(info) if info.isreg() else None
            if inner is None:
                raise MeterError(f"{source} is no backup: {_shown(info.name)} in it is no plain file")
            yield Member(_safe(info.name, source), info.mode & 0o777, inner.read()), raw.tell() / size


def _laid(source: Path) -> Iterator[tuple[Member, float]]:
    paths = [path for path in sorted(source.rglob("*")) if not path.is_dir() or path.is_symlink()]
    for done, path in enumerate(paths, 1):
        name = path.relative_to(source).as_posix()
        if path.is_symlink() or not path.is_file():
            raise MeterError(f"{source} is no backup: {_shown(name)} in it is no plain file")
        yield Member(_safe(name, source), path.stat().st_mode & 0o777, path.read_bytes()), done / len(paths)


def _safe(name: str, source: Path) -> str:
    """A name that stays below the folder it is put in. Raises MeterError for any other."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or not name.isprintable():
        raise MeterError(f"{source} is no backup: a file in it would be put at {_shown(name)}")
    return name


def _shown(name: str) -> str:
    return name.encode("unicode_escape").decode("ascii")


def _sums(data: bytes, source: Path) -> dict[str, str]:
    sums = {}
    for line in data.decode("utf-8", "replace").splitlines():
        match = _SUM_LINE.fullmatch(line)
        if match is None:
            raise MeterError(f"{source} is damaged: {_SUMS} in it has a line that is no checksum")
        sums[match[2]] = match[1]
    return sums


def _compare(source: Path, found: dict[str, str], stated: dict[str, str] | None) -> None:
    if stated is None:
        raise MeterError(f"{source} is no backup, or not a whole one: it has no {_SUMS}")
    for name in sorted(found.keys() | stated.keys()):
        if found.get(name) != stated.get(name):
            what = "is missing" if name not in found else "has no checksum" if name not in stated else "is damaged"
            raise MeterError(f"{source} is damaged: {_shown(name)} in it {what}; nothing was restored")
