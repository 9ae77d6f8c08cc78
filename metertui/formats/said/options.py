"""What a person says of a file beside it: the options of an import that say how its content is to be understood.

What the file says itself need not be said, and what contradicts it is an error. What neither says is asked for, by the
name of the option, and never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from metertui.engine.attributes import NO_ATTRIBUTES, Group
from metertui.engine.errors import DataError

Kind = Literal["register", "interval"]
Stamps = Literal["start", "end"]
Unit = Literal["Wh", "kWh", "MWh", "kW"]
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


_OPTIONS: Final = {
    "kind": ("whether it holds registers or the energy of intervals", "--kind register or --kind interval"),
    "meter": ("which meter it is of", "--meter ID"),
    "zone": ("in which zone its times are", "--zone, such as --zone Europe/Vienna"),
    "stamps": ("whether a time is the start or the end of its interval", "--stamps start or --stamps end"),
    "unit": ("the unit of its figures", "--unit Wh, --unit kWh or --unit MWh"),
    "date_order": ("whether day or month stands first in its dates", "--date-order dmy or --date-order mdy"),
    "columns": ("which columns hold the times and the energy", "--columns time=NAME,kwh=NAME"),
}


def not_said(path: Path, option: str, detail: str = "") -> DataError:
    """Return the error that asks for what neither the file nor a person says, by the name of the option.

    `option` is the name of a field of `Said`; `detail` is what the file shows of it.
    """
    what, give = _OPTIONS[option]
    return DataError(path, None, f"the file does not say {what}{f' ({detail})' if detail else ''}; give {give}")


def agreed(path: Path, option: str, said: str, found: str) -> str:
    """Return what a file or a person says. Raises DataError where they contradict each other, or neither says it."""
    if said and found and said != found:
        name = option.replace("_", "-")
        raise DataError(path, None, f"the file says {found}, which --{name} {said} contradicts")
    if not said and not found:
        raise not_said(path, option)
    return said or found
