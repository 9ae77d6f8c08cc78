"""What a file says of the quality of a figure, in the words of utilities."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from metertui.formats.meter_tables.words import plain

ACTUAL: Final = 0
ESTIMATED: Final = 1
SUBSTITUTED: Final = 2


class Status(NamedTuple):
    """What the status of a figure says."""

    quality: int
    known: bool
    """Whether its words are known; a figure with another status counts, and is worth a word."""


_SUBSTITUTED: Final = r"ersatz|substitut|remplac|sostitu|sustitu|vervang|\bl2\b|^s$|replaced"
_ESTIMATED: Final = (
    r"\best\b|estim|gescha|geschatz|rechnerisch|stimat|schatt|\bl3\b|^e$|vorlaufig|provision|predict|prognos|"
    r"interpol|hochgerechn|"
    r"berekend|calculat|arvio"
)
_ACTUAL: Final = (
    r"^val$|valid|^gultig$|wert ist gultig|\bactual\b|\breal\b|gemessen|gemeten|measured|mesure|misurat|\bl1\b|"
    r"^[agvw]$|"
    r"^ok$|"
    r"^wahr$|gut\b|good|effectif|effettiv|echt|abgelesen|afgelezen|^true$|^final"
)
_NEGATED: Final = r"nicht|ungultig|invalid|fraglich|\bnot?\b|niet|zweifel|suspect|questionab|doubt"
_YES: Final = frozenset(("y", "yes", "j", "ja", "true", "1", "x", "wahr", "oui", "si", "s", "o"))
_NO: Final = frozenset(("n", "no", "nein", "nee", "false", "0", "", "falsch", "non"))


@lru_cache(1024)
def status_of(text: str, *, flags_estimates: bool = False) -> Status:
    """Return what a status says; with `flags_estimates`, the column answers whether the figure is estimated."""
    words = plain(text)
    if flags_estimates and words in _YES:
        return Status(ESTIMATED, True)
    if flags_estimates and words in _NO:
        return Status(ACTUAL, True)
    if not words:
        return Status(ACTUAL, True)
    if re.search(_SUBSTITUTED, words):
        return Status(SUBSTITUTED, True)
    if re.search(_ESTIMATED, words):
        return Status(ESTIMATED, True)
    return Status(ACTUAL, bool(re.search(_ACTUAL, words)) and not re.search(_NEGATED, words))


@lru_cache(64)
def flags_estimates(name: str) -> bool:
    """Return whether the name of a column asks whether a figure is estimated: `Geschat?`."""
    return re.search(_ESTIMATED, plain(name)) is not None and not re.search(r"gemessen|measured|\bval\b", plain(name))
