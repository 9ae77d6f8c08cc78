"""`metertui backup` and `metertui restore`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from metertui.cli.data_folder import folder_of
from metertui.cli.errors import UsageError
from metertui.cli.inputs import as_file
from metertui.cli.options import format_of
from metertui.cli.output import print_rows, progress_bar
from metertui.engine.base import counted
from metertui.engine.maintenance import backup as backups
from metertui.formats import complete_file, is_standard_output, is_stream, resolve_output


def backup(options: argparse.Namespace) -> None:
    """Copy the data folder, even while a server runs."""
    target = Path(options.target)
    to_standard = is_standard_output(target)
    if to_standard and sys.stdout.isatty():
        raise UsageError("a backup cannot be shown on a terminal; send standard output to a file or a pipe")
    with progress_bar("copying") as progress:
        if is_stream(target):
            with complete_file(target) as file:
                report = backups.pack(folder_of(options), file, progress)
        else:
            report = backups.back_up(folder_of(options), resolve_output(target), progress)
    if to_standard:
        print(f"{counted(report.files, 'file')}, {report.bytes:,} bytes copied to standard output", file=sys.stderr)
    else:
        _print_report(options, report, target, "copied")


def restore(options: argparse.Namespace) -> None:
    """Make a data folder from a backup; an existing one is never overwritten."""
    target = folder_of(options)
    with as_file(options.source) as source, progress_bar("restoring") as progress:
        report = backups.restore(source, target, progress)
    _print_report(options, report, target, "restored")
    if format_of(options) == "table":
        print(f"to check the restored folder: metertui check --data {target}")


def _print_report(options: argparse.Namespace, report: backups.BackupReport, target: Path, done: str) -> None:
    """Print what was copied or restored, in words or in the format that is asked for."""
    if format_of(options) == "table":
        print(f"{counted(report.files, 'file')}, {report.bytes:,} bytes {done} to {target}")
    else:
        row = {"files": report.files, "bytes": report.bytes, "target": str(target)}
        print_rows(options, [row], list(row), one=True)
