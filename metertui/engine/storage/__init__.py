"""What "on disk" means: the write-ahead log, day files, checksums."""

from __future__ import annotations

from metertui.engine.storage import day_close, durable, manifest, private_files, reading_lines, stored_offsets, wal
from metertui.engine.storage.appended import Damage
from metertui.engine.storage.audit_log import AuditLog, local_user_name
from metertui.engine.storage.csv_tables import CsvTable, encode_rows
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.day_folder import DayFolder, day_of_file, places_by_day
from metertui.engine.storage.file_group import FileGroup
from metertui.engine.storage.file_tail import FileTail
from metertui.engine.storage.folder_lock import FolderLock, Owner, owner_of_folder
from metertui.engine.storage.fresh_folder import FreshFolder
from metertui.engine.storage.manifest import Manifest, ManifestEntry, sha256_of
from metertui.engine.storage.reading_lines import HEADER, Rows, encode_line
from metertui.engine.storage.rejects_log import RefusedLine, RejectsLog
from metertui.engine.storage.sorted_rows import Records, SortedRows
from metertui.engine.storage.wal import LOG, SEALED, WriteAheadLog

__all__ = [
    "HEADER",
    "LOG",
    "SEALED",
    "Archive",
    "AuditLog",
    "CsvTable",
    "Damage",
    "DayFolder",
    "FileGroup",
    "FileTail",
    "FolderLock",
    "FreshFolder",
    "Manifest",
    "ManifestEntry",
    "Owner",
    "Records",
    "RefusedLine",
    "RejectsLog",
    "Rows",
    "SortedRows",
    "WriteAheadLog",
    "day_close",
    "day_of_file",
    "durable",
    "encode_line",
    "encode_rows",
    "local_user_name",
    "manifest",
    "owner_of_folder",
    "places_by_day",
    "private_files",
    "reading_lines",
    "sha256_of",
    "stored_offsets",
    "wal",
]
