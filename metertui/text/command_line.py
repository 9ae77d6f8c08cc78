"""The command line that gives the same answer as a screen."""

from __future__ import annotations

import shlex
from typing import Final

from metertui.engine.reports import Inquiry
from metertui.text.answers import MEASURES

_SORTS: Final = {"before": "before_kwh", "change": "change_percent"}
"""The columns of a table by their name on the command line, where it is another."""


def query_line(command: str, folder: str, inquiry: Inquiry, sort: str = "", limit: int = 0) -> str:
    """Return `metertui query …`, quoted for a shell, for an inquiry in an order (see answers.ordered).

    `command` is what to type for metertui, as the shell takes it; `folder` the data folder. A limit of 0 is none.
    """
    question = inquiry.question
    words = ["--data", folder, "--from", question.first.isoformat(), "--to", question.last.isoformat()]
    if question.by:
        words += ["--by", ",".join(question.by)]
    for name, value in question.filter.set_values().items():
        option = f"--{name.replace('_', '-')}"
        words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    if inquiry.measure != "total":
        words += ["--measure", inquiry.measure]
    if inquiry.compare:
        words += ["--compare", inquiry.compare]
    if name := sort.removeprefix("-"):
        column = MEASURES[inquiry.measure].column if name == "value" else _SORTS.get(name, name)
        words.append(f"--sort={'-' * sort.startswith('-')}{column}")
    if limit:
        words += ["--limit", str(limit)]
    return f"{command} query {shlex.join(words)}"
