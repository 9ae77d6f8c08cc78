"""`metertui import`: history into the archive."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from metertui.cli.common import folder, opened, progress, show, visible
from metertui.cli.delegate import handed
from metertui.engine.base import Progress, part_of_progress
from metertui.engine.core import COUNTS, Engine, Report, ended
from metertui.engine.errors import MeterError
from metertui.engine.storage import user_name
from metertui.formats import readers

COLUMNS = COUNTS
_SHOWN = 10
"""Refused lines that are told on standard error; all that are kept stand in rejects.log."""


def take_files(options: argparse.Namespace) -> None:
    """All files as one import: what the one knows already, the other does not bring again."""
    form = None if options.form == "auto" else options.form
    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise MeterError(f"cannot read {path}: {'it is no file' if path.exists() else 'there is no such file'}")
    data = folder(options)

    def here() -> dict[str, Any]:
        with opened(options, readonly=False) as engine, progress("importing") as share:
            report = take(engine, paths, form, share)
        _note(engine, paths, report)
        return report.told(_SHOWN)

    with progress("importing") as share:
        given = {"files": [str(path.absolute()) for path in paths], "form": form}
        try:
            report = handed(data, "import", given, here, share)
        except MeterError as error:  # of a file by the name that it was given
            told = str(error)
            for path in paths:
                told = told.replace(str(path.absolute()), str(path))
            raise MeterError(told) from error
    show(options, [report], COLUMNS, one=True)
    _tell(report)


def take(engine: Engine, paths: Iterable[Path], form: readers.Form | None, share: Progress) -> Report:
    """Import files into the folder of an engine, which does not learn of it. Raises MeterError."""
    now = engine.clock.now()
    frozen = engine.view().frozen(engine.rules.max_w)
    latest, gone = now + engine.rules.future_us, ended(engine.accounts, engine.events)
    importing = readers.taken(frozen, paths, form, latest, part_of_progress(share, 0, 2), gone)
    return importing.finish(engine.accounts, engine.archive, now=now, progress=part_of_progress(share, 1, 2))


def _note(engine: Engine, paths: Iterable[Path], report: Report) -> None:
    """Into audit.log, and what was refused into rejects.log."""
    now = engine.clock.now()
    names = ", ".join(path.name for path in paths)
    engine.audit.write(engine.zone.iso(now), user_name(os.getuid()), "import", names, report.counts())
    refusals = report.refusals(now)
    if refusals:
        engine.rejects.write(refusals, engine.zone)


def _tell(report: Mapping[str, Any]) -> None:
    for misfit in report["misfits"]:
        told = f"{misfit['source']}:{misfit['line']}: {misfit['code']}: {misfit['why']}"
        print(visible(told), file=sys.stderr)
    if report["refused"] > _SHOWN:
        reasons = ", ".join(f"{count} {code}" for code, count in Counter(report["reasons"]).most_common())
        print(f"and {report['refused'] - _SHOWN} more; refused in all: {reasons}; see rejects.log", file=sys.stderr)
