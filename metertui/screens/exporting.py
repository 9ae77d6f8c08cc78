"""Writing an answer to a file: for a role that a rule is for, after a look at what was exported before."""

from __future__ import annotations

import asyncio
from pathlib import Path

from metertui.engine.columns import Frozen
from metertui.engine.disclosure import Rule
from metertui.engine.errors import MeterError
from metertui.engine.inquiry import Findings
from metertui.formats import sheets
from metertui.headend import HeadEnd
from metertui.screens import answers


async def export(headend: HeadEnd, found: Findings, sort: str, rule: Rule | None, who: str, path: Path) -> int:
    """Write the table as it is sorted, with its definition; how many rows. Overwrites nothing. Raises MeterError."""
    zone, now = headend.engine.zone, headend.engine.clock.now()
    await asyncio.to_thread(_check, path)
    if rule is not None:

        def guarded(frozen: Frozen) -> Findings:
            return headend.engine.exports.guarded(frozen, found.inquiry, rule)

        found = await headend.ask(guarded)
        await headend.record_export(path, found.inquiry, who)

    def write() -> int:
        columns, table = answers.sheet(found, sort, zone, ruled=rule is not None)
        told = answers.definition(found, sort, zone, rule, who, now)
        with sheets.writing(path, columns, zone.name, told) as add:
            add(table)
        return len(table)

    return await asyncio.to_thread(write)


def _check(path: Path) -> None:
    """Raises MeterError for a file that cannot be written."""
    sheets.suffix_of(path)
    if path.exists():
        raise MeterError(f"{path} is there already; give another name")
    if not path.parent.is_dir():
        raise MeterError(f"there is no folder {path.parent}")
