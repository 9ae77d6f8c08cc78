"""The form for a question: a line each for period, filters, breakdown, measure, comparison and chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import USE
from metertui.engine.columns import Group, Registers
from metertui.engine.reports import PERIODS, SavedReport
from metertui.engine.usage import CHANNEL, FILTERS, Filter
from metertui.screens.fields import Check, Choice, Field, Options, labelled, refused_by
from metertui.text import COMPARES, KEYS, MEASURES

CHARTS: Final = {
    "lines": "lines",
    "bars": "bars",
    "stacked": "stacked bars",
    "shares": "share bars",
    "heat": "heat map",
}
_TEXTS: Final = {
    "first": ("From", "e.g. 2025-01-01"),
    "last": ("To", "e.g. 2025-12-31"),
    "time": ("Time of day", "e.g. 18:00-20:00"),
    "meter": ("Meter", "all meters"),
}


def _no_day(text: str) -> str:
    """Return why a text is no day; "" if it is one."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"{text} is not a date such as 2025-02-19"
    return ""


_CHECKS: Final[dict[str, Check]] = {
    "first": _no_day,
    "last": _no_day,
    "time": refused_by(lambda text: Filter(time=text).clock),
}
"""What the fields for texts are checked by when they are left."""


class QuestionForm(VerticalScroll):
    """Shows a question and changes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    ]

    @dataclass
    class Changed(Message):
        """The question was changed."""

        saved: SavedReport

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.can_focus = False
        self._saved = SavedReport()

    def compose(self) -> ComposeResult:
        yield Choice("Period", list(PERIODS.items()), id="period")
        yield from self._text("first")
        yield from self._text("last")
        yield from self._text("time")
        for name in ATTRIBUTES:
            yield Choice(_title(name), [], id=name)
        yield from self._text("meter")
        yield Choice("Channel", [], id=CHANNEL)
        yield Choice("By", [], id="by")
        yield Choice("and by", [], id="then")
        yield Choice("Measure", [(name, words.option) for name, words in MEASURES.items()], id="measure")
        yield Choice("Compare to", list(COMPARES.items()), id="compare")
        yield Choice("Chart", list(CHARTS.items()), id="chart")

    def _text(self, name: str) -> ComposeResult:
        title, hint = _TEXTS[name]
        field = Field(placeholder=hint, id=name, compact=True, check=_CHECKS.get(name))
        yield labelled(title, field, id=f"{name}-line")

    def show_question(
        self, saved: SavedReport, groups: Iterable[Group], channels: Sequence[str] = (), *, single_meters: bool
    ) -> None:
        """Show a question. `groups` and `channels` give the values of the filters.

        There is none for a single meter unless `single_meters`, nor for the channel where meters have the use alone.
        """
        before, self._saved = self._saved, saved
        groups = list(groups)
        for name in _TEXTS:  # text being typed is left alone
            if _text_of(saved, name) != _text_of(before, name):
                self.query_one(f"#{name}", Input).value = _text_of(saved, name)
        for name in ATTRIBUTES:
            there = sorted({getattr(group, name) for group in groups} - {""})
            options: Options = [("", f"every {_title(name).lower()}"), *((value, value) for value in there)]
            self.query_one(f"#{name}", Choice).offer(options, saved.filter.value(name))
        channel = self.query_one(f"#{CHANNEL}", Choice)
        channel.offer([("", "the use"), *((name, name) for name in channels)], saved.filter.channel)
        channel.set_class(not channels and not saved.filter.channel, "hidden")
        keys = [(key, called) for key, called in KEYS.items() if single_meters or key != "meter"]
        first, then = (*saved.by, "", "")[:2]
        self.query_one("#by", Choice).offer([("", "nothing"), *keys], first)
        self.query_one("#then", Choice).offer([("", "nothing"), *(k for k in keys if k[0] != first)], then)
        for name in ("period", "measure", "compare", "chart"):
            field = self.query_one(f"#{name}", Choice)
            field.offer(field.options, getattr(saved, name))
        self.query_one("#first-line").set_class(saved.period != "dates", "hidden")
        self.query_one("#last-line").set_class(saved.period != "dates", "hidden")
        self.query_one("#meter-line").set_class(not single_meters, "hidden")

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        name, value = event.choice.id or "", event.value
        saved = self._saved
        if name in ("by", "then"):
            first, then = self.query_one("#by", Choice).value, self.query_one("#then", Choice).value
            saved = replace(saved, by=tuple(dict.fromkeys(key for key in (first, then) if key)))
        elif name in ("measure", "compare", "period", "chart"):
            fields: dict[str, Any] = {name: value}
            saved = replace(saved, **fields)
        elif name in (*ATTRIBUTES, CHANNEL):
            saved = _with_text(saved, name, value)
        self._change_question(saved)

    @on(Field.Left)
    def _take_text(self, event: Field.Left) -> None:
        event.stop()
        name = event.field.id or ""
        if not event.wrong and _text_of(self._saved, name) != event.value:
            self._change_question(_with_text(self._saved, name, event.value))

    def _change_question(self, saved: SavedReport) -> None:
        if saved != self._saved:
            self._saved = saved
            self.post_message(self.Changed(saved))


def channels_of(ids: Sequence[str]) -> list[str]:
    """Return the channels beside the use that the registers with these identifiers have, sums of tariffs too."""
    if not any(":" in each for each in ids):
        return []
    return [name for name in Registers(ids).names() if name != USE]


def _title(name: str) -> str:
    """Return the title of the field of an attribute."""
    return "Type" if name == "apartment_type" else KEYS[name].capitalize()


def _text_of(saved: SavedReport, name: str) -> str:
    """Return a text of a question by the name of its field."""
    return saved.filter.value(name) if name in FILTERS else str(getattr(saved, name))


def _with_text(saved: SavedReport, name: str, value: str) -> SavedReport:
    """Return a question with another text in a field."""
    if name in FILTERS:
        return replace(saved, filter=saved.filter.replaced(**{name: value}))
    return replace(saved, **{name: value})  # type: ignore[arg-type]  # the other fields for typing are texts
