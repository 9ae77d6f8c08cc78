"""`metertui backup` and `metertui restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from metertui.cli.data_folder import folder_of
from metertui.cli.output import progress_bar
from metertui.engine.maintenance import backup as backups


def backup(options: argparse.Namespace) -> None:
    """Copy the data folder, even while a server runs."""
    target = Path(options.target)
    with progress_bar("copying") as progress:
        report = backups.back_up(folder_of(options), target, progress)
    print(f"{report.files} files, {report.bytes:,} bytes copied to {target}")


def restore(options: argparse.Namespace) -> None:
    """Make a data folder from a backup; an existing one is never overwritten."""
    target = folder_of(options)
    with progress_bar("restoring") as progress:
        report = backups.restore(Path(options.source), target, progress)
    print(f"{report.files} files, {report.bytes:,} bytes restored to {target}")
    print(f"to check the restored folder: metertui check --data {target}")
