"""`metertui check`: the proof of a data folder."""

from __future__ import annotations

import argparse
import sys

from metertui import settings
from metertui.cli.common import folder, progress, show, visible
from metertui.engine import check as checking
from metertui.engine.errors import MeterError


def check(options: argparse.Namespace) -> int:
    """Everything that was tried with its count, on standard error what is wrong; 1 if anything is."""
    data = folder(options)
    if not data.is_dir():
        raise MeterError(f"there is no data folder {data}")
    try:
        with progress("checking") as share:
            proofs = list(checking.check(data, settings.load(data).rules(), share))
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
    for problem in told:
        print(visible(problem), file=sys.stderr)
    if failures > len(told):
        print(f"and {failures - len(told)} more", file=sys.stderr)
    return int(failures > 0)
