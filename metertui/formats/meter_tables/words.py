"""What the names of columns mean, in the languages of utilities and their portals.

Only what a word says without doubt is taken. A word that is feed-in for one utility and use for another, such as
`Lieferung`, says that a person must tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from metertui.engine.base import DAY, HOUR, MINUTE

_UNITS: Final = re.compile(r"(?<![A-Za-z])([kM]?)W\.?\s?hs?(?![A-Za-z])", re.IGNORECASE)
_MULTIPLES: Final = re.compile(
    r"[(\[]\s*(?:10+|0[.,]0*1)\s*[kM]?Wh|[kM]?Wh\s*[x×*/]\s*10+\b|\b10+\s*[x×*]\s*[kM]?Wh", re.IGNORECASE
)
"""Units of 10 Wh, 1000 kWh and the like."""
_RATE: Final = re.compile(
    r"(?<![A-Za-z])[kM]?Wh\s?(?:/|per\b|pro\b|je\b)\s?(?:(?P<hour>h(?:r|our)?|stunde|hour|uur|heure|hora|ora)|"
    r"(?P<day>d|day|tag|dag|jour|dia|giorno)|(?P<minutes>[0-9]+)\s?min(?:ute)?|[0-9]*\s?(?:week|woche|month|monat|maand|mois|mes|"
    r"y(?:ea)?r|jahr|jaar|an|a|m2|m²|km))s?(?![A-Za-z])",
    re.IGNORECASE,
)
"""Units of energy in a time, or by a length or an area."""
_POWER_UNIT: Final = re.compile(r"(?<![A-Za-z])[kM]?W(?![A-Za-z.])")
POWER_UNITS: Final = ("W", "kW", "MW")
_CASES: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OBIS: Final = re.compile(r"\b([1-9])[.]((?:8|9|29))[.]([0-9])\b")

_NO_ENERGY: Final = {
    "gas": r"\bgas\b|gasverb|gasmeter|gasstand|aardgas|erdgas|\bgaz\b|\bm3\b|\bnm3\b",
    "water": r"\bwater\b|wasser|\beau\b|\bacqua\b|\bagua\b",
    "heat": r"\bheat|(?:fern|ab)?warme\b|\bwarmte|\bchaleur|\bcalore\b|\bcalor\b",
    "money": r"cost|kosten|pri[cx]e?s?\b|preis|prijs|prezzo|precio|betrag|bedrag|\beuros?\b|\bct\b|cents?\b|€|£|\$|"
    r"/\s?kwh|per kwh|\bvat\b|mwst|\bbtw\b",
    "temperature": r"temperat|\btemp\b|°",
    "reactive energy": r"blind|reactive|reactif|reattiv|reactiv|\bk?var\s?h?\b|capacitiv|inductiv|\b[3-8]\.8\.[0-9]",
    "battery": r"batter|\bakku|\baccu\b|\bcharg|dischar|\bsoc\b|storage|speicher",
    "own use of what is produced": r"self.?cons|self.?use|eigenverbr|eigengebr|zelfverbr|eigen verbr|autocons|"
    r"direktverbr",
    "another unit": r"\btherms?\b|\b[cm]cf\b|\b[gm]j\b|\bm*btu\b|\bk?vah\b|\bgwh\b|\bk?cal\b",
    "no energy": r"spannung|volt|\bamp(?:ere)?s?\b|stromstarke|frequen|\bcos\b|faktor|\bfactor\b|\bco2|sekunden|"
    r"\bseconds?\b|duration|dauer\b|wind|humid|feucht|aantal|anzahl|\bcount\b|\bhours\b",
}
_POWER: Final = (
    r"\bpower\b|\bwatts?\b|wattage|leistung|vermogen|puissance|potenza|potencia|\bdemand\b|\b1?[36]\.7\.[0-9]"
)
_DIRECTIONS: Final = {
    "export": r"export|feed.?in|einspeis|ruckspeis|rucklief|terug|injecti|injekt|inject|inyec|\breturn|immiss|"
    r"immess|vertid|"
    r"exceden|surplus|retour|oddan|\binmat|\bto (?:the )?grid|ins netz|aan net|naar net|invoed|"
    r"\bto (?:the )?(?:utility|network|supplier)|\ba-(?!\w)|(?<!\w)-a\b|grid ms (?:tot|abs) wh out",
    "production": r"produ[ck](?!to?s?\b)|produz|erzeug|opbrengst|opwek|generat|generac|\bsolar|\bpv\b|yield|ertrag|"
    r"wechselrichter|inverter|"
    r"metering tot wh out",
    "use": r"import|bezug|bezogen|afname|from (?:the )?grid|vom netz|aus dem netz|van net\b|preleva|preliev|"
    r"\bfrom (?:the )?(?:utility|network|supplier)|"
    r"soutir|\buttag|"
    r"pobran|pobor|\ba\+|\+a\b|grid ms (?:tot|abs) wh in",
    "consumed": r"consum|verbrauch|verbruik|\busage|\buse\b|\bused\b|consommation|forbru[gk]|forbrukning|zuzyci|"
    r"kulutus|"
    r"spotreb|vorschub|lastgang|lastprofil|\bload\b|profil",
    "net": r"\bnetto\b|\bnet\b|saldo|balance",
}
_WEAK: Final = {"export": r"\breceived\b", "use": r"\bdelivered\b|levering"}
"""Words that say it where no other does: one may be fed in to the grid as well as `delivered` to it."""
_DOUBTFUL: Final = r"\blieferung\b|netzlieferung"
_NEUTRAL: Final = (
    r"energ|arbeit|electri[ck]|elektri|\bstrom|stroom|\bvalues?\b|\bwerte?\b|messwert|volume|menge|quantit|"
    r"hoeveel|mængde|mangd|maara|valor\b|"
    r"valeur|valore|waarde|\bread\b|kwh|\bwh\b|mwh|wirk"
)
_REGISTER: Final = (
    r"za(?:e)?hlerst|meterst|\bstand(?:en)?\b|\bregister\b|\breadings?\b|\bindex|letture?\b|lectura|totaliz|"
    r"cumulat|kumul|"
    r"lifetime|metering tot|\btot wh|\btotals? ?increasing|endstand|anfangsstand|\breading kwh"
)
_TOTAL: Final = r"\b(?:gesamt|total|totaal|totale|totaux|sum|summe|suma|somme|som|overall)\w{0,2}\b"
_LOW: Final = (
    r"\blaag|\blow\b|nacht|\bnight|\bnt\b|niedert|nebent|off.?peak|\bdal\b|\bdaluren|creuse|\bhc\b|valle\b|schwachl"
)
_HIGH: Final = (
    r"\bhoog|\bhigh\b|\bdag\b|\bday\b|\bht\b|hocht|hauptt|\bpeak|\bpiek|normaal|normal|pleine|\bhp\b|"
    r"punta\b"
)
_TARIFF_NUMBER: Final = r"\b(?:[tf]|el|tari(?:f|ff|ffa|fa|ef)|rate|fascia)\s?([1-9])\b"

_METERS: Final = (
    r"zahlpunkt|zaehlpunkt|\bzp\b|zahlpunktbez|metering.?point|\bean\b|\bnmi\b|\bmpan\b|\bmprn\b|\bpod\b|"
    r"\bcups\b|\bprm\b|\bpdl\b|"
    r"malepunkt|\bgsrn\b|anlaggnings.?id|\bicp\b|kayttopaikka|\bppe\b|"
    r"usage.?point|messlokation|marktlokation|aansluiting",
    r"\bmeter\b|\bmeters?.?(?:id|no|nr|num)|za(?:e)?hler(?:nummer|nr|id)?\b|identifier|serial|contatore|"
    r"compteur|contador|licznik|elmeter|"
    r"geratenummer|\bdevice",
)
"""Names of columns with the id of a meter: those of the point where it measures first, as a meter can be exchanged."""
_STATUS: Final = (
    r"status|qualit|kwalit|validat|geschat|estimat|geschatz|stima|\bflag\b|messwert\b.*\bval\b|ersatz|calidad|"
    r"herkunft"
)
_UNIT_NAMES: Final = (
    r"einheit|eenheid|\benhed\b|måleenhed|maleenhed|yksikko|jednost|\bunits?\b|\bunite\b|\bunita\b|unidad|\buom\b"
)
_CHANNEL_NAMES: Final = (
    r"register|kanal|channel|\btype\b|richtung|richting|direc|direz|\bflow|obis|stream|"
    r"\btarif|energieart|\bart\b|produ[ck]t"
)
_TIME_NAMES: Final = (
    r"time|date|datum|zeit|\btijd|\bdata\b|\bdia\b|fecha|hora|jour|heure|giorno|\bday\b|\btag\b|\bdag\b|stamp|"
    r"beginn|\bstart|"
    r"\bend|epoch|period|moment|interval"
)
_ENDS: Final = (
    r"\bend|\bende\b|\bbis\b|\btot\b|\bto\b|\buntil\b|\bfin\b|\bfine\b|\bhasta\b|date to|zeitraum ende",
    r"\bstart|\bbegin|\bbeginn\b|\bvon\b|\bvan\b|vanaf|\bfrom\b|debut|inizio|inicio|\bdesde\b|date from",
)
_ID: Final = re.compile(r"\b(?=[A-Za-z]*[0-9]{6})[A-Z]{0,4}[0-9][0-9A-Z]{8,40}\b")


@lru_cache(4096)
def plain(text: str) -> str:
    """Return a name in small letters, without accents, its words apart."""
    spaced = _CASES.sub(" ", _UNITS.sub(lambda found: found[0].lower().replace(" ", "").replace(".", ""), text))
    letters = unicodedata.normalize("NFKD", spaced.replace("ß", "ss")).casefold()
    return re.sub(
        r"[\s_,;:()\[\]\"'=]+", " ", "".join(each for each in letters if not unicodedata.combining(each))
    ).strip()


@dataclass(frozen=True)
class Meaning:
    """What a name says of the figures below it; whatever it does not say is empty."""

    direction: str = ""
    """`use`, `consumed` (in a home, from wherever), `export`, `production`, `net`, or `doubtful`."""
    tariff: int = 0
    total: bool = False
    register: bool = False
    unit: str = ""
    energy: bool = False
    """Whether it speaks of electrical energy at all."""
    not_energy: str = ""
    """What it is, if it is no energy of electricity: `gas`, `power`."""

    def filled(self, other: Meaning) -> Meaning:
        """Return this meaning, with what a text above the name says where the name says nothing."""
        return Meaning(
            self.direction or other.direction,
            self.tariff or other.tariff,
            self.total,
            self.register or other.register,
            self.unit or other.unit,
            self.energy or other.energy,
            self.not_energy or ("" if self.energy and other.not_energy == "power" else other.not_energy),
        )


NO_MEANING: Final = Meaning()


@lru_cache(4096)
def meaning_of(text: str) -> Meaning:
    """Return what a name says of the figures of a column, or a value of the series of a row."""
    words = plain(text)
    unit = unit_of(text)
    for what, pattern in _NO_ENERGY.items():
        if re.search(pattern, words):
            return Meaning(unit=unit, not_energy=what)
    if unit in POWER_UNITS or (not unit and re.search(_POWER, words)):
        return Meaning(_direction(words), unit=unit, not_energy="power")
    obis = _OBIS.search(words)
    if obis is not None and obis[1] not in "12":
        return Meaning(unit=unit, not_energy="reactive energy")
    direction, tariff = _direction(words), _tariff(words)
    if obis is not None:
        direction, tariff = ("use", "export")[int(obis[1]) - 1], int(obis[3])
    register = re.search(_REGISTER, words) is not None
    energy = bool(direction or unit or obis or register or re.search(_NEUTRAL, words))
    total = tariff == 0 and (re.search(_TOTAL, words) is not None or obis is not None)
    return Meaning(direction, tariff, total, register, unit, energy)


def _direction(words: str) -> str:
    """Return the direction that words say; doubtful where they say both, or one of those that may be either."""
    found = [direction for direction, pattern in _DIRECTIONS.items() if re.search(pattern, words)]
    if "export" in found and "use" in found:
        return "doubtful"
    weak = [direction for direction, pattern in _WEAK.items() if re.search(pattern, words)]
    known = next(iter(found), "")
    if weak and known in ("", "consumed", "net"):
        known = "doubtful" if len(weak) > 1 else weak[0]
    return known or ("doubtful" if re.search(_DOUBTFUL, words) else "")


def _tariff(words: str) -> int:
    if (found := re.search(_TARIFF_NUMBER, words)) is not None:
        return int(found[1])
    low, high = re.search(_LOW, words), re.search(_HIGH, words)
    return 1 if low else 2 if high else 0


def unit_of(text: str) -> str:
    """Return the unit that a text names: `Wh`, `kWh`, `MWh`, `W`, `kW` or `MW`; empty if it is none of them."""
    found = _UNITS.search(text)
    if _MULTIPLES.search(text) or (found is not None and found[0].startswith("mW")):  # of thousands, or thousandths
        return ""
    if found is not None:
        return {"": "Wh", "k": "kWh", "m": "MWh"}[found[1].lower()]
    power = _POWER_UNIT.search(text)
    return power[0] if power else ""


def rate_of(text: str) -> int | None:
    """Return the time (µs) in which a text says that so much energy flows, as `kWh/h`; 0 if it is another rate."""
    found = _RATE.search(text)
    if found is None:
        return None
    return HOUR if found["hour"] else DAY if found["day"] else int(found["minutes"] or 0) * MINUTE


def without_units(text: str) -> str:
    """Return a text without units of energy."""
    return _UNITS.sub("", text.replace("_", " "))


def is_named(kind: str, text: str) -> bool:
    """Return whether a name is that of a column of this kind: `status`, `unit`, `channel`, `time`, `start`, `end`."""
    pattern = {
        "status": _STATUS,
        "unit": _UNIT_NAMES,
        "channel": _CHANNEL_NAMES,
        "time": _TIME_NAMES,
        "end": _ENDS[0],
        "start": _ENDS[1],
        "direction": r"richtung|richting|direc|direz|\bflow",
    }[kind]
    return re.search(pattern, plain(text)) is not None


def meter_rank(text: str) -> int:
    """Return how surely a name is that of a column of meter ids: 2 for metering points, 1 for meters, 0 for others."""
    words = plain(text)
    ranks = [2 - place for place, pattern in enumerate(_METERS) if re.search(pattern, words)]
    return max(ranks, default=0)


def meter_named(texts: Sequence[str]) -> str:
    """Return the meter that a row which names nothing else has, as in two cells or in `Meter: 4711`; else nothing."""
    parts = [*texts] if len(texts) != 1 else [part.strip() for part in texts[0].split(":", 1)]
    if (
        len(parts) == 2
        and meter_rank(parts[0])
        and not meaning_of(parts[0]).register
        and any(map(str.isdigit, parts[1]))
    ):
        return parts[1]
    return ""


def ids_in(text: str) -> list[str]:
    """Return the codes in a text that are long enough to be ids of metering points, the longest first."""
    return sorted((found[0] for found in _ID.finditer(text)), key=len, reverse=True)


def is_total(text: str) -> bool:
    """Return whether the first cell of a row says that the row is a total of others."""
    return re.search(_TOTAL, plain(text)) is not None


def is_whole_of(text: str, parts: Sequence[str]) -> bool:
    """Return whether a name is that of all whose parts have the other names, which are it with more words."""
    words = {*plain(text).split()}
    return meaning_of(text).total or all(words <= {*plain(part).split()} for part in parts)
