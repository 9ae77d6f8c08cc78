"""What each decision that applies to a case would change, in kWh and money, before anyone asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.text import Text

from metertui.engine.core import NOT_SAID, WORDS_ONLY, Decision, corrections
from metertui.engine.errors import MeterError
from metertui.engine.worklist import ExceptionRow
from metertui.headend import HeadEnd
from metertui.screens.decisions import decision_choices
from metertui.screens.decisions.decision_choices import CHOICES
from metertui.text import cut_text, fmt

MOST: Final = 30
"""Cases of which the effects are added up; of more, the window of the decision shows them."""
_NAME: Final = 8
_KWH: Final = 13
_MONEY: Final = 12
_KEY: Final = 3
_SPACE: Final = 2
"""Between two figures at least."""
_BETWEEN: Final = 2
_STAYS: Final = "· figures stay"
_ELSEWHERE: Final = " Decide where the folder is owned."


class Offer(NamedTuple):
    """What a decision changes: Wh, and cents (None without a tariff). `note` stands there if that is not known."""

    wh: int = 0
    cents: int | None = 0
    note: str = ""


async def offers_of(rows: Sequence[ExceptionRow], headend: HeadEnd) -> AsyncIterator[tuple[str, Offer]]:
    """Yield the decisions that apply to some cases, with what each changes. Other work goes on in between."""
    for what in decision_choices.applying(rows):
        if what in WORDS_ONLY:
            continue
        if len(rows) > MOST:
            yield what, Offer(note="its window shows what changes")
            continue
        try:
            wanted = await _with_values(what, decision_choices.decisions(what, rows), headend)
            effects = await headend.corrections.preview(wanted, "") if wanted else []
        except MeterError as error:
            yield what, Offer(note=f"not possible: {fmt.for_people(str(error))}")
            continue
        if not wanted:
            yield what, Offer(note="asks for the value")
            continue
        priced = [effect.cents for effect in effects if effect.cents is not None]
        changed = sum(effect.total_after - effect.total_before for effect in effects)
        yield what, Offer(changed, sum(priced) if len(priced) == len(effects) else None)


async def _with_values(what: str, wanted: list[Decision], headend: HeadEnd) -> list[Decision]:
    """Return the decisions with the values that are proposed; none if a value has to be typed."""
    if what == "correct":
        return [] if wanted[0].wh == NOT_SAID else wanted
    if what == "exchange":
        [decision] = wanted
        propose = partial(corrections.proposed_exchange, at=decision.at)
        proposal = (await headend.readings.glance({decision.meter: propose}, own=True))[decision.meter]
        if proposal is None:
            return []
        at, final, initial = proposal
        return [decision._replace(at=at, final=final, initial=initial)]
    return wanted


def offer_lines(
    rows: Sequence[ExceptionRow], offers: Mapping[str, Offer], currency: str, width: int, *, read_only: bool = False
) -> Text:
    """Return the decisions that apply to some cases with their keys and effects; `offers` as far as they are known.

    In `width` cells: two beside each other if there is room. `read_only`: whether nothing can be decided here, so that
    the decisions have no keys.
    """
    applying = decision_choices.applying(rows)
    figures = [what for what in applying if what not in WORDS_ONLY]
    words = [what for what in applying if what in WORDS_ONLY]
    known = [offer for what in figures if (offer := offers.get(what)) is not None]
    kwh = max([_KWH, *(1 + cell_len(fmt.change(offer.wh)) for offer in known)])
    money = max([_MONEY, *(_SPACE + cell_len(_money(offer)) for offer in known)])
    room = kwh + money
    line = _KEY + _NAME + room
    beside = 2 if width >= 2 * line + _BETWEEN else 1
    if any(_SPACE + cell_len(offer.note) > room for offer in known):  # a reason is read whole before lines are saved
        beside, room = 1, max(room, width - _KEY - _NAME)
    text = Text(no_wrap=True, overflow="ellipsis")
    for place in range(min(beside, len(figures))):
        text.append(" " * _BETWEEN if place else "")
        text.append(f"   {'decision':<{_NAME}}{'kWh':>{kwh}}{currency:>{money}}", style="dim")
    for place, what in enumerate(figures):
        text.append(" " * _BETWEEN if place % beside else "\n")
        text.append(f" {' ' if read_only else CHOICES[what].key} ", style="bold").append(
            f"{CHOICES[what].name:<{_NAME}}"
        )
        offer = offers.get(what)
        if offer is None or offer.note:
            note = "…" if offer is None else cut_text(offer.note, room - _SPACE)
            text.append(f"{' ' * _SPACE}{note:<{room - _SPACE}}", style="dim")
        else:
            text.append(f"{fmt.change(offer.wh):>{kwh}}{_money(offer):>{money}}")
    text.append("\n" if figures else "")
    if read_only:
        return text.append(_ELSEWHERE, style="dim")
    for what in words:
        text.append(f" {CHOICES[what].key} ", style="bold").append(f"{CHOICES[what].name} ")
    if any(row.decided is not None for row in rows):
        text.append(" u ", style="bold").append("Undo ")
    room = width - cell_len(text.plain.rpartition("\n")[2])
    text.append(_STAYS if words and len(_STAYS) <= room else "", style="dim")
    return text


def _money(offer: Offer) -> str:
    return "–" if offer.cents is None else fmt.price_change(offer.cents)
