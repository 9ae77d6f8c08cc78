"""`metertui check`: the proof of a data folder, and before it, with `--repair`, its repair."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.options import format_of
from metertui.cli.output import print_rows, progress_bar
from metertui.engine.base import Rules, counted, visible
from metertui.engine.errors import MeterError
from metertui.engine.maintenance import FileRepair
from metertui.engine.maintenance import check as checking
from metertui.engine.maintenance import repair as repairing
from metertui.engine.storage import durable


def check(options: argparse.Namespace) -> int:
    """Print every check with its count, and the problems to standard error; return 1 if there are any, else 0."""
    data = folder_of(options)
    if not data.is_dir():
        raise MeterError(f"there is no data folder {data}")
    rules = settings.load(data).rules()
    if options.repair:
        _repair(options, data, rules)
    with progress_bar("checking") as progress:
        proofs = list(checking.check_folder(data, rules, progress))
    in_full = format_of(options) == "json"
    rows = [
        {"check": proof.what, "count": proof.count, "problems": proof.problems if in_full else proof.failures}
        for proof in proofs
    ]
    print_rows(options, rows, ("check", "count", "problems"))
    failures = sum(proof.failures for proof in proofs)
    listed = [problem for proof in proofs for problem in proof.problems]
    for note in (note for proof in proofs for note in proof.notes):
        print(f"note: {visible(note)}", file=sys.stderr)
    for problem in listed:
        print(visible(problem), file=sys.stderr)
    if failures > len(listed):
        print(f"and {failures - len(listed)} more problems", file=sys.stderr)
    return int(failures > 0)


def _repair(options: argparse.Namespace, data: Path, rules: Rules) -> None:
    """Repair the folder and print how: to standard output, or to standard error where that is for programs."""
    with progress_bar("repairing") as progress:
        repairs = repairing.repair_folder(data, rules, progress)
    plain = format_of(options) == "table"
    for line in _describe(data, repairs):
        print(visible(line), file=sys.stdout if plain else sys.stderr)


def _describe(data: Path, repairs: Sequence[FileRepair]) -> Iterator[str]:
    """Yield what was repaired, a line each."""
    for one in repairs:
        name = one.path.relative_to(data).as_posix()
        for note in one.notes:
            yield f"{name}: {note}"
        if one.lines_aside:
            yield f"{name}: {counted(one.lines_aside, 'line')} set aside in {name}{durable.ASIDE}, {one.kept} kept"
        for number, reason in one.reasons:
            yield f"{name}:{number}: {reason}"
        if one.lines_aside > len(one.reasons):
            yield f"{name}: and {one.lines_aside - len(one.reasons)} more"
    if not repairs:
        yield "nothing to repair"
