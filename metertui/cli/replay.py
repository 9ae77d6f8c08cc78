"""`metertui replay`: past usage under a proposed tariff."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from metertui.cli.common import days, opened, progress_bar, show
from metertui.cli.errors import UsageError
from metertui.engine.billing import FIGURES, KEYS, Replay, money_text, tariffs
from metertui.engine.billing import replay_tariffs as replayed
from metertui.engine.errors import MeterError

_MONEY = FIGURES[4:]


def replay(options: argparse.Namespace) -> None:
    """Print a row a group, and on standard error what it comes to for all."""
    by = tuple(key for key in options.by.split(",") if key)
    if any(key not in KEYS or by.count(key) > 1 for key in by):
        raise UsageError(f"--by takes some of {', '.join(KEYS)}, each once")
    first, last = days(options)
    proposed = tariffs.load_tariffs(Path(options.tariff))
    if proposed is None:
        raise MeterError(f"there is no file {options.tariff}")
    if proposed.tariffs and proposed.tariffs[0].effective_from > first:
        begins = proposed.tariffs[0].effective_from
        print(f"{options.tariff} begins on {begins}: what it says then is taken for the days before", file=sys.stderr)
    with opened(options) as engine:
        current = engine.tariffs.current()
        if current is None:
            raise MeterError(f"there is no {engine.tariffs.path} to hold {options.tariff} against")
        frozen = engine.view().frozen(engine.rules.max_w)
        with progress_bar("replaying") as share:
            found = replayed(frozen, current, proposed.backdated(first), first, last, progress=share)
        currency = engine.rules.currency
    show(options, rows(found, by), [*by, *FIGURES])
    [every] = rows(found, ())
    print(
        f"{every['meters']} meters, {first} to {last}: {every['more']} pay more, {every['less']} less, "
        f"{every['same']} the same; {every['current']} now, {every['proposed']} proposed, "
        f"{every['change']} {currency} in all",
        file=sys.stderr,
    )


def rows(found: Replay, by: tuple[str, ...]) -> list[dict[str, Any]]:
    """The table, money as text with two decimals."""
    records = found.table(by).astype(object).to_dict("records")
    return [
        {str(name): money_text(int(value)) if name in _MONEY else value for name, value in record.items()}
        for record in records
    ]
