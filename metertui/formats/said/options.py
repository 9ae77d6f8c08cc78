"""What a person says of a file beside it: the options of an import that say how its content is to be understood.

What the file says itself need not be said, and what contradicts it is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal

from metertui.engine.attributes import NO_ATTRIBUTES, Group

Kind = Literal["register", "interval"]
Stamps = Literal["start", "end"]
Unit = Literal["Wh", "kWh", "MWh", "W", "kW", "MW"]
DateOrder = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True)
class Said:
    """The options of an import that describe a file, each empty where it is not given."""

    kind: Kind | Literal[""] = ""
    """Whether the file holds registers, or the energy of intervals."""
    meter: str = ""
    """The meter of a file that names none."""
    zone: str = ""
    """The zone of times that name none: a name such as Europe/Vienna, or an offset such as +10:00."""
    stamps: Stamps | Literal[""] = ""
    """Which end of an interval its one time is."""
    unit: Unit | Literal[""] = ""
    date_order: DateOrder | Literal[""] = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns by what they are taken for (`time`, `kwh`, `meter`, a channel): their names, or their numbers from 1."""
    attributes: Group = NO_ATTRIBUTES
    """The attributes of meters whose files state none."""
    mapping: str = ""
    """The name of a mapping that says all this."""
    max_kw: float | None = None
    """The most power that the meters of the file can have."""
    strict: bool = False
    """Whether one bad line refuses the whole file."""

    def as_json(self) -> dict[str, Any]:
        """Return what is said, as JSON values: nothing that is not said."""
        said = {name: value for name, value in asdict(self).items() if value}
        return said | {"columns": dict(self.columns), "attributes": list(self.attributes)}


NOTHING_SAID: Final = Said()


def said_from_json(values: Mapping[str, Any]) -> Said:
    """Return what `as_json` returned. Raises TypeError for other values."""
    known = {each.name for each in fields(Said)}
    return Said(**{name: value for name, value in values.items() if name in known} | _attributes(values))


def _attributes(values: Mapping[str, Any]) -> dict[str, Group]:
    return {"attributes": Group(*values["attributes"])} if "attributes" in values else {}
