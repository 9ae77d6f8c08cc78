"""What neither a file nor a person says: it is asked for by the names of options, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from metertui.engine.errors import DataError
from metertui.formats.said.taken import Taken

T = TypeVar("T")
_NAMED: Final = 12
"""Columns or series that a sentence names."""


class _Option(NamedTuple):
    what: str
    give: str
    """How it is given, where it alone is asked for."""
    among_others: str


_OPTIONS: Final = {
    "meter": _Option("which meter it is of", "--meter ID", "--meter ID"),
    "columns": _Option(
        "which columns hold the times and the energy", "--columns time=NAME,kwh=NAME", "--columns time=NAME,kwh=NAME"
    ),
    "kind": _Option(
        "whether it holds registers or the energy of intervals",
        "--kind register or --kind interval",
        "--kind (register or interval)",
    ),
    "zone": _Option(
        "in which zone its times are", "--zone, such as --zone Europe/Vienna", "--zone (such as Europe/Vienna)"
    ),
    "stamps": _Option(
        "whether a time is the start or the end of its interval",
        "--stamps start or --stamps end",
        "--stamps (start or end)",
    ),
    "unit": _Option("the unit of its figures", "--unit Wh, --unit kWh or --unit MWh", "--unit (Wh, kWh or MWh)"),
    "date_order": _Option(
        "whether day or month stands first in its dates",
        "--date-order dmy or --date-order mdy",
        "--date-order (dmy or mdy)",
    ),
}
"""In the order in which they are asked for."""


@dataclass(frozen=True)
class Need:
    """Something that is not said. `option` is the name of a field of `Said`."""

    option: str
    detail: str = ""
    """What the file shows of it."""
    fact: str = ""
    """What is the matter, where the usual question would not say it."""
    give: str = ""
    """What to give then."""

    def question(self) -> str:
        """Return what is asked, for a person who looks at the field of the option."""
        return self.fact or self._what()

    def _what(self) -> str:
        return _OPTIONS[self.option].what + (f" ({self.detail})" if self.detail else "")


class NotSaid(DataError):
    """Neither a file nor a person says all that must be known to read it."""

    def __init__(self, path: Path, needs: Sequence[Need], taken: Taken | None = None) -> None:
        """`taken` is what the file is taken for as far as it is known."""
        super().__init__(path, None, _sentence(needs))
        self.needs = tuple(needs)
        self.taken = taken


def _sentence(needs: Sequence[Need]) -> str:
    """Return one sentence that asks for all needs."""
    plain = [need for need in needs if not need.fact]
    parts = []
    if len(plain) == 1:
        parts.append(f"the file does not say {plain[0].question()}; give {_OPTIONS[plain[0].option].give}")
    elif plain:
        gives = _listed([_OPTIONS[need.option].among_others for need in plain])
        parts.append(f"the file does not say {_listed([need.question() for need in plain])}; give {gives}")
    return "; ".join(parts + [f"{need.fact}; give {need.give}" for need in needs if need.fact])


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def not_said(path: Path, option: str, detail: str = "") -> NotSaid:
    """Return the error that asks for what neither the file nor a person says, by the name of the option.

    `option` is the name of a field of `Said`; `detail` is what the file shows of it.
    """
    return NotSaid(path, [Need(option, detail)])


def unclear(path: Path, option: str, fact: str, give: str) -> NotSaid:
    """Return the error that says what is the matter, and which option settles it."""
    return NotSaid(path, [Need(option, fact=fact, give=give)])


def several(what: str, channel: str, names: Sequence[str]) -> Need:
    """Return the need to pick one of several columns or series, whatever they are, that would be one register."""
    fact = f"the file has {len(names)} {what} that could be {channel}: {quoted(names)}"
    return Need("columns", fact=fact, give=f"--columns {channel}=NAME with the name of one of them")


def quoted(names: Sequence[str]) -> str:
    """Return the first of some names in quotes, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def agreed(path: Path, option: str, said: str, found: str) -> str:
    """Return what a file or a person says. Raises DataError where they contradict each other, or neither says it."""
    if said and found and said != found:
        name = option.replace("_", "-")
        raise DataError(path, None, f"the file says {found}, which --{name} {said} contradicts")
    if not said and not found:
        raise not_said(path, option)
    return said or found


def in_order(needs: Iterable[Need]) -> list[Need]:
    """Return needs in the order in which a person is asked, each once."""
    asking = Asking()
    asking.add(needs)
    return sorted(asking.needs, key=lambda need: [*_OPTIONS].index(need.option))


class Asking:
    """Gathers what is not said, so that all of it is asked for at once."""

    def __init__(self, needs: Iterable[Need] = ()) -> None:
        self.needs = list(needs)

    def noted(self, find: Callable[[], T], otherwise: T) -> T:
        """Return what `find` returns; where it raises NotSaid, note that and return `otherwise`."""
        try:
            return find()
        except NotSaid as error:
            self.add(error.needs)
            return otherwise

    def add(self, needs: Iterable[Need]) -> None:
        """Note needs. An option is asked for once, but for that of several columns."""
        for need in needs:
            known = [each for each in self.needs if each.option == need.option]
            if not known or (need.option == "columns" and need not in known):
                self.needs.append(need)
