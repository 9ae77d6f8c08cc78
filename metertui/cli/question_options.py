"""The question that the options of `query` and `export` ask, and the folder opened for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from metertui.cli.data_folder import open_for_reading
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_days
from metertui.cli.output import progress_bar
from metertui.engine.base import Progress
from metertui.engine.columns import Frozen
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError
from metertui.engine.nearest import did_you_mean
from metertui.engine.usage import FILTERS, Filter, Question, parse_clock


def parse_question(options: argparse.Namespace, columns: Sequence[str] | None) -> Question:
    """Return the question that the options give, without its keys. Raises UsageError.

    `columns` are those that it can be sorted by; None if they are not known yet.
    """
    sort, limit = getattr(options, "sort", ""), getattr(options, "limit", 0)
    if sort and columns is not None and sort.removeprefix("-") not in columns:
        meant = did_you_mean(sort.removeprefix("-"), columns)
        raise UsageError(f"--sort takes one of {', '.join(columns)}, with a dash before it for descending order{meant}")
    if limit < 0:
        raise UsageError("--limit must be at least 0")
    first, last = parse_days(options)
    try:
        parse_clock(options.time)
    except MeterError as error:
        raise UsageError(f"--time: {error}") from error
    return Question(
        first=first,
        last=last,
        filter=Filter.by_name(**{name: getattr(options, name) for name in FILTERS}),
        sort=sort,
        limit=limit,
    )


@contextmanager
def view_for(options: argparse.Namespace, question: Question, doing: str) -> Iterator[tuple[Engine, Frozen, Progress]]:
    """Open the folder for a question: the engine, its readings, and the progress of what is done. Raises MeterError."""
    with open_for_reading(options) as engine:
        question.filter.check_attributes(engine.directory.groups)
        frozen = engine.view().frozen()
        with progress_bar(doing) as progress:
            yield engine, frozen, progress
