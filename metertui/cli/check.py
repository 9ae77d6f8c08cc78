"""`metertui check`: the proof of a data folder, and before it, with `--repair`, its repair."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from metertui import settings
from metertui.cli.common import folder, progress_bar, show, visible
from metertui.engine.base import Rules
from metertui.engine.errors import MeterError
from metertui.engine.maintenance import FileRepair
from metertui.engine.maintenance import check as checking
from metertui.engine.maintenance import repair as repairing
from metertui.engine.storage import durable


def check(options: argparse.Namespace) -> int:
    """Everything that was tried with its count, on standard error what is wrong; 1 if anything is."""
    data = folder(options)
    if not data.is_dir():
        raise MeterError(f"there is no data folder {data}")
    try:
        rules = settings.load(data).rules()
        if options.repair:
            _repair(options, data, rules)
        with progress_bar("checking") as share:
            proofs = list(checking.check_folder(data, rules, share))
    except OSError as error:
        raise MeterError(f"cannot read {data}: {error.strerror or error}") from error
    in_full = getattr(options, "format", "table") == "json"
    rows = [
        {"check": proof.what, "count": proof.count, "problems": proof.problems if in_full else proof.failures}
        for proof in proofs
    ]
    show(options, rows, ("check", "count", "problems"))
    failures = sum(proof.failures for proof in proofs)
    told = [problem for proof in proofs for problem in proof.problems]
    for note in (note for proof in proofs for note in proof.notes):
        print(f"note: {visible(note)}", file=sys.stderr)
    for problem in told:
        print(visible(problem), file=sys.stderr)
    if failures > len(told):
        print(f"and {failures - len(told)} more", file=sys.stderr)
    return int(failures > 0)


def _repair(options: argparse.Namespace, data: Path, rules: Rules) -> None:
    """Mend the folder and say how: on standard output, or beside it where that is for programs to read."""
    with progress_bar("repairing") as share:
        done = repairing.repair_folder(data, rules, share)
    plain = getattr(options, "format", "table") == "table"
    for line in _told(data, done):
        print(visible(line), file=sys.stdout if plain else sys.stderr)


def _told(data: Path, done: Sequence[FileRepair]) -> Iterator[str]:
    for one in done:
        name = one.path.relative_to(data).as_posix()
        for note in one.notes:
            yield f"{name}: {note}"
        if one.lines_aside:
            lines = "1 line" if one.lines_aside == 1 else f"{one.lines_aside} lines"
            yield f"{name}: {lines} set aside in {name}{durable.ASIDE}, {one.kept} kept"
        for number, reason in one.reasons:
            yield f"{name}:{number}: {reason}"
        if one.lines_aside > len(one.reasons):
            yield f"{name}: and {one.lines_aside - len(one.reasons)} more"
    if not done:
        yield "nothing to repair"
