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
from metertui.text import fmt

MOST: Final = 30
"""Cases of which the effects are added up; of more, the window of the decision shows them."""
_NAME: Final = 8
_KWH: Final = 13
_MONEY: Final = 12
_LINE: Final = 3 + _NAME + _KWH + _MONEY
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
            yield what, Offer(note=f"not possible: {error}")
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
    beside = 2 if width >= 2 * _LINE + _BETWEEN else 1
    text = Text(no_wrap=True, overflow="ellipsis")
    for place in range(min(beside, len(figures))):
        text.append(" " * _BETWEEN if place else "")
        text.append(f"   {'decision':<{_NAME}}{'kWh':>{_KWH}}{currency:>{_MONEY}}", style="dim")
    for place, what in enumerate(figures):
        text.append(" " * _BETWEEN if place % beside else "\n")
        text.append(f" {' ' if read_only else CHOICES[what].key} ", style="bold").append(
            f"{CHOICES[what].name:<{_NAME}}"
        )
        text.append_text(_change(offers.get(what)))
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


def _change(offer: Offer | None) -> Text:
    """Return what a decision changes, in the cells of both figures."""
    room = _KWH + _MONEY
    if offer is None or offer.note:
        note = "…" if offer is None else offer.note
        return Text(f"  {note[: room - 3] + '…' if len(note) > room - 2 else note:<{room - 2}}", style="dim")
    money = "–" if offer.cents is None else fmt.price_change(offer.cents)
    return Text(f"{fmt.change(offer.wh):>{_KWH}}{money:>{_MONEY}}")
