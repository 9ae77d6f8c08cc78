"""`metertui import`: history into the archive."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from metertui.cli.common import opened, progress, show, visible
from metertui.engine.audit import user_name
from metertui.engine.core import Engine
from metertui.engine.counters import Refusal
from metertui.engine.errors import MeterError
from metertui.engine.importing import Import, Misfit, Report
from metertui.formats import files

COLUMNS = ("read", "new", "duplicate", "suspect", "refused", "registered", "moved", "days")
_SHOWN = 10
"""Refused lines that are told on standard error; all that are kept stand in rejects.log."""


def take_files(options: argparse.Namespace) -> None:
    """All files as one import: what the one knows already, the other does not bring again."""
    form = None if options.form == "auto" else options.form
    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise MeterError(f"cannot read {path}: {'it is no file' if path.exists() else 'there is no such file'}")
    with opened(options, readonly=False) as engine:
        with progress("importing") as share:
            report = take(engine, paths, form, share)
        counts = ", ".join(f"{name} {getattr(report, name)}" for name in COLUMNS)
        _note(engine, ", ".join(path.name for path in paths), counts, report.misfits)
    show(options, [{name: getattr(report, name) for name in COLUMNS}], COLUMNS, one=True)
    _tell(report)


def take(engine: Engine, paths: Iterable[Path], form: files.Form | None, share: Callable[[float], None]) -> Report:
    """Import files into the folder of an engine, which does not learn of it. Raises MeterError."""
    now = engine.clock.now()
    paths = list(paths)
    importing = Import(engine.view().frozen(engine.rules.max_w), latest=now + engine.rules.future_us)
    for place, path in enumerate(paths):

        def read(part: float, place: int = place) -> None:
            share((place + part) / len(paths) / 2)  # the other half is writing

        for piece in files.read(path, engine.zone, form, read):
            importing.add(piece)
    return importing.finish(engine.accounts, engine.archive, now=now, progress=lambda part: share(0.5 + part / 2))


def _note(engine: Engine, names: str, counts: str, misfits: Iterable[Misfit]) -> None:
    """Into audit.log, and what was refused into rejects.log."""
    now = engine.clock.now()
    engine.audit.write(engine.zone.iso(now), user_name(os.getuid()), "import", names, counts)
    refusals = [Refusal(now, f"{m.source}:{m.line}", m.code, m.why, m.text) for m in misfits]
    if refusals:
        engine.rejects.write(refusals, engine.zone)


def _tell(report: Report) -> None:
    for misfit in report.misfits[:_SHOWN]:
        print(f"{misfit.source}:{misfit.line}: {misfit.code}: {visible(misfit.why)}", file=sys.stderr)
    if report.refused > _SHOWN:
        reasons = ", ".join(f"{count} {code}" for code, count in report.reasons.most_common())
        print(f"and {report.refused - _SHOWN} more; refused in all: {reasons}; see rejects.log", file=sys.stderr)
