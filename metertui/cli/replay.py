"""`metertui replay`: past usage under a proposed tariff."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from metertui.cli.data_folder import open_for_reading
from metertui.cli.inputs import as_file
from metertui.cli.options import parse_days, parse_keys
from metertui.cli.output import print_rows, progress_bar
from metertui.engine.billing import FIGURES, KEYS, Replay, money_text, replay_tariffs, tariffs
from metertui.engine.errors import MeterError

_MONEY = FIGURES[4:]


def replay(options: argparse.Namespace) -> None:
    """Print a row for each group, and the sums of all meters to standard error."""
    by = parse_keys(options.by, KEYS)
    first, last = parse_days(options)
    with as_file(options.tariff) as path:
        proposed = tariffs.load_tariffs(path)
    if proposed is None:
        raise MeterError(f"there is no such file: {options.tariff}")
    if proposed.tariffs and proposed.tariffs[0].effective_from > first:
        begins = proposed.tariffs[0].effective_from
        print(f"{options.tariff} begins on {begins}; the days before are priced as on that day", file=sys.stderr)
    with open_for_reading(options) as engine:
        current = engine.tariffs.current()
        if current is None:
            raise MeterError(f"there is no {engine.tariffs.path} to compare {options.tariff} with")
        frozen = engine.view().frozen()
        with progress_bar("replaying") as progress:
            found = replay_tariffs(frozen, current, proposed.backdated(first), first, last, progress=progress)
        currency = engine.rules.currency
    print_rows(options, rows(found, by), [*by, *FIGURES])
    [every] = rows(found, ())
    print(
        f"{every['meters']} meters, {first} to {last}: {every['more']} pay more, {every['less']} less, "
        f"{every['same']} the same; {every['current']} now, {every['proposed']} proposed, "
        f"{every['change']} {currency} in all",
        file=sys.stderr,
    )
    if found.note:
        print(found.note, file=sys.stderr)


def rows(found: Replay, by: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a replay; money is text with two decimals."""
    records = found.table(by).astype(object).to_dict("records")
    return [
        {str(name): money_text(int(value)) if name in _MONEY else value for name, value in record.items()}
        for record in records
    ]
