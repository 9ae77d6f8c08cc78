"""`metertui backup` and `metertui restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from metertui.cli.common import folder, progress_bar
from metertui.engine.maintenance import backup as backups


def backup(options: argparse.Namespace) -> None:
    """Copy the data folder, beside a running server too."""
    target = Path(options.target)
    with progress_bar("copying") as share:
        report = backups.back_up(folder(options), target, share)
    print(f"{report.files} files, {report.bytes:,} bytes, are in {target}")


def restore(options: argparse.Namespace) -> None:
    """Make a data folder of a backup; never over one that is there."""
    target = folder(options)
    with progress_bar("restoring") as share:
        report = backups.restore(Path(options.source), target, share)
    print(f"{report.files} files, {report.bytes:,} bytes, are in {target}")
    print(f"metertui check --data {target} proves them")
