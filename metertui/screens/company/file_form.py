"""What a person says of a file on the screen: a field for each option of an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Label

from metertui.engine.base import check_meter_id
from metertui.formats import Need, Said, Taken, said_from_json, zone_named
from metertui.screens.fields import Choice, Field, Options, refused_by

_NEEDED: Final = "▲ needed"
_CHOICES: Final[Mapping[str, tuple[str, Options]]] = {
    "kind": ("kind", (("register", "registers"), ("interval", "intervals"))),
    "stamps": ("a time is", (("start", "the start"), ("end", "the end"))),
    "unit": (
        "unit",
        (("kWh", "kWh"), ("Wh", "Wh"), ("MWh", "MWh"), ("kW", "kW, a mean"), ("W", "W, a mean"), ("MW", "MW, a mean")),
    ),
    "date_order": ("dates", (("dmy", "day first"), ("mdy", "month first"), ("ymd", "year first"))),
}
"""The title and the values of each option that is a choice."""
_TEXTS: Final = {"meter": "meter", "zone": "zone", "max_kw": "max kW"}
REPLACES: Final = "replaces"
_SIGN: Final = " ▾"
"""Stands behind the value of a choice that can be changed."""


class FileForm(Vertical):
    """The options that describe a file. Each shows what the file says itself, or that it is needed."""

    @dataclass
    class Changed(Message):
        """Something else is said; `option` is what."""

        option: str
        leads: bool
        """Whether the person is done with its field."""

    def __init__(self, site: str, **kwargs: Any) -> None:
        """`site` is the name of the site zone, which is suggested for times without one."""
        super().__init__(**kwargs)
        self._site = site
        self._options = dict(_CHOICES)
        self._told: Mapping[str, str] = {}
        """What stands in each empty field of text."""
        self.needed: tuple[str, ...] = ()
        """The options that are needed, in order."""

    def compose(self) -> ComposeResult:
        meter = Field(id="upload-meter", compact=True, check=refused_by(check_meter_id))
        zones = SuggestFromList([self._site, "UTC"], case_sensitive=False)
        zone = Field(id="upload-zone", compact=True, check=refused_by(zone_named), suggester=zones)
        most = Field(id="upload-max_kw", compact=True, check=_no_power)
        with Horizontal(classes="upload-options"):
            yield from self._text("meter", meter)
            yield from self._text("zone", zone)
        with Horizontal(classes="upload-options"):
            for option in ("kind", "stamps", "unit"):
                yield self._choice(option)
        with Horizontal(classes="upload-options"):
            yield self._choice("date_order")
            values = (("", "left alone"), ("yes", "replaced"))
            yield Choice("different", values, id=f"upload-{REPLACES}", sign=_SIGN)
            yield from self._text("max_kw", most)

    def _text(self, option: str, field: Field) -> ComposeResult:
        with Horizontal(classes="upload-option"):
            yield Label(_TEXTS[option], id=f"upload-{option}-label")
            yield field

    def _choice(self, option: str) -> Choice:
        title, values = _CHOICES[option]
        return Choice(title, (("", "–"), *values), id=f"upload-{option}", sign=_SIGN)

    @property
    def said(self) -> Said:
        """Return what is said, without the columns."""
        values: dict[str, Any] = {option: self.query_one(f"#upload-{option}", Choice).value for option in _CHOICES}
        values |= {option: self._field(option).value.strip() for option in ("meter", "zone")}
        most = self._field("max_kw").value.strip()
        return said_from_json(values | ({"max_kw": float(most)} if most and not _no_power(most) else {}))

    @property
    def replaces(self) -> bool:
        """Return whether intervals take the place of those that differ."""
        return bool(self.query_one(f"#upload-{REPLACES}", Choice).value)

    def _field(self, option: str) -> Field:
        return self.query_one(f"#upload-{option}", Field)

    def wrong(self) -> str:
        """Return what is wrong with a field; "" if nothing is."""
        return next((wrong for option in _TEXTS if (wrong := self._field(option).wrong)), "")

    def clear(self) -> None:
        """Say nothing, for another file."""
        with self.prevent(Field.Left, Choice.Changed):
            for field in self.query(Field):
                field.value = ""
                field.tell()
            for choice in self.query(Choice):
                choice.offer(choice.options, "")
        self.show_taken(None, ())

    def show_taken(self, taken: Taken | None, needs: Sequence[Need]) -> None:
        """Show what the file says itself, and what is needed."""
        self.needed = tuple(dict.fromkeys(need.option for need in needs))
        told = {} if taken is None else {option: str(getattr(taken, option)) for option in ("zone", "meter")}
        for option in _TEXTS:
            needed = option in self.needed
            told[option] = _NEEDED if needed else told.get(option, "") or "–"
            self.query_one(f"#upload-{option}-label", Label).set_class(needed, "-needed")
        self._told = told
        self._fit()
        for option, (_, values) in _CHOICES.items():
            label = "–" if taken is None else _found(taken, option, values)
            choice = self.query_one(f"#upload-{option}", Choice)
            needed = option in self.needed and not choice.value
            choice.offer((("", _NEEDED if needed else label), *values), choice.value)
            choice.set_class(needed, "-needed")
            is_open = option in self.needed or bool(choice.value) or choice.has_focus
            choice.disabled = not is_open and _is_settled(taken, option, label, needs)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Show what the file says in the room of each field; a sign says that more of it does not fit."""
        for option, told in self._told.items():
            room = self._field(option).size.width or len(told)
            self._field(option).placeholder = told if len(told) <= room else f"{told[: room - 1]}…"

    def focus_on(self, option: str) -> None:
        """Move the focus to the field of an option."""
        self.query_one(f"#upload-{option}").focus()

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        self.post_message(self.Changed((event.choice.id or "").removeprefix("upload-"), event.listed))

    @on(Field.Left)
    def _left(self, event: Field.Left) -> None:
        event.stop()
        self.post_message(self.Changed((event.field.id or "").removeprefix("upload-"), True))


def _is_settled(taken: Taken | None, option: str, label: str, needs: Sequence[Need]) -> bool:
    """Return whether a file answers an option itself, so that another answer would contradict it.

    What kind of figures a table has is judged, and what a mapping says is not of the file.
    """
    if taken is None or taken.is_fixed or taken.mapping:
        return taken is not None and taken.is_fixed
    return option != "kind" and (label != "–" or not needs)


def _found(taken: Taken, option: str, values: Options) -> str:
    """Return what a file says of an option, as its choice names it."""
    if option == "unit":
        units = {each.unit for each in taken.series if each.register}
        by_row = any(each.role == "unit" for each in taken.series)
        return "of each row" if by_row and units == {""} else ", ".join(sorted(units - {""})) or "–"
    found = getattr(taken, option)
    return next((label for value, label in values if value == found), "–")


def _no_power(text: str) -> str:
    try:
        return "" if float(text) > 0 else f"{text} is no power"
    except ValueError:
        return f"{text} is no number of kW"
