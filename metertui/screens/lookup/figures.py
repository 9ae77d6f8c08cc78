"""The figures of a look-up in words: tiles, chart, and the rows of the readings behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from metertui.engine.accounts import Account
from metertui.engine.base import DAY, QUALITY_NAMES, SECOND, SiteZone, split_identifier
from metertui.engine.billing import Statement, money_text
from metertui.engine.columns import NO_REGISTER, UWH_PER_WH
from metertui.engine.usage import ROW_STATUS, Edge, Series, Unlike, UsageComparison, WindowReadings
from metertui.engine.vee import rules
from metertui.text import explained, fmt, time_labels

WINDOWS: Final = {
    "today": ("Today", "vs previous day"),
    "yesterday": ("Yesterday", "vs previous day"),
    "week": ("Week", "vs previous week"),
    "month": ("Month", "vs previous month"),
    "year": ("Year", "vs previous year"),
    "last_month": ("Last month", "vs previous month"),
    "last_half_hour": ("½ hour", "vs previous ½ hour"),
    "latest": ("Latest", "vs previous day"),
    "all": ("All", "vs previous days"),
    "dates": ("Dates", "vs previous days"),
}
"""The windows by their names: title, and name of the comparison."""

ROOM: Final = 18
"""The columns of a tile beside three others in 80 columns."""


class Figure(NamedTuple):
    """The value of a tile, and the note beside or below it."""

    value: str
    note: str = ""


def usage(answer: UsageComparison) -> Figure:
    """Return the usage, which of its ends are estimated, and for how long it is spread over long gaps.

    Else whether it is not the difference of its ends, which is said elsewhere as well.
    """
    opening, closing = answer.usage.opening, answer.usage.closing
    if opening is None or closing is None:
        return Figure(fmt.NOTHING)
    estimated = [name for name, edge in (("opening", opening), ("closing", closing)) if edge.quality == "estimated"]
    which = "both" if len(estimated) == 2 else "".join(estimated)
    known = "from first reading" if opening.quality == "first" else "read at both ends"
    if opening.beside_gap:
        known = "from end of a gap"
    substitutes = [name for name, edge in (("opening", opening), ("closing", closing)) if edge.quality == "substituted"]
    if substitutes:
        known = "both substituted" if len(substitutes) == 2 else f"{substitutes[0]} substitute"
    if closing.quality == "last":
        known = "between two gaps" if opening.beside_gap else "up to a gap"
        known = known if closing.beside_gap else "to last reading"
    note = f"{which} estimated" if estimated else known
    risen = None if opening.wh is None or closing.wh is None else closing.wh - opening.wh
    changed = "\nregister changed" if risen not in (None, answer.usage.usage_wh) else ""
    if answer.gaps.within:
        changed = f"\n{fmt.duration(answer.gaps.within, units=1)} spread evenly"
    if answer.usage.missing_us:
        changed = f"\n{fmt.duration(answer.usage.missing_us, units=2)} missing"
    return Figure(fmt.kwh(answer.usage.usage_wh), f"\n{note}{changed}")


def comparison(answer: UsageComparison, zone: SiteZone) -> Figure:
    """Return the difference to the usage of the window before, its direction in a word and an arrow.

    Where the two are unlike it is a dash, with the reason below it.
    """
    before = answer.before
    if answer.change_wh is None:
        return Figure(fmt.NOTHING, f"\n{fmt.kwh(before.usage_wh)} then" if before.usage_wh is not None else "")
    if why := answer.unlike:
        return Figure("–", f"\n{fmt.kwh(before.usage_wh)}\n{_why_unlike(answer, why)}")
    if answer.change == 0 or (answer.change is None and answer.change_wh == 0):
        value = "= the same"
    else:
        amount = fmt.kwh(abs(answer.change_wh)) if answer.change is None else f"{abs(answer.change):.1%}"
        more = answer.change_wh > 0 if answer.change is None else answer.change > 0
        value = f"{'▲' if more else '▼'} {amount} {'a day' if answer.unequal else 'more' if more else 'less'}"
    end = zone.local(before.end if before.closing is None else before.closing.time)
    same_year = end.year == zone.local(answer.usage.end - 1).year
    until = f"{end.day} {end:%b %H:%M}" if same_year else time_labels.day(end.date())
    note = f"\n{fmt.kwh(before.usage_wh)}"
    if answer.unequal:
        return Figure(value, f"{note}\n{_lengths(answer)}")
    return Figure(value, f"{note}\nto {until}")


def _why_unlike(answer: UsageComparison, why: Unlike) -> str:
    """Return in a word or two why two usages are not compared."""
    match why:
        case "step":
            return "spread evenly"
        case "lengths":
            return _lengths(answer)
        case _:
            return f"{why} in part"


def _lengths(answer: UsageComparison) -> str:
    """Return for how long the usage before is known, and this one, as exactly as there is room for."""
    exact, short = (
        " → ".join(fmt.duration(length, units=units) for length in (answer.before_us, answer.known_us))
        for units in (2, 1)
    )
    return exact if len(exact) <= ROOM else short


def daily(answer: UsageComparison) -> Figure:
    """Return the average usage per 24 hours of the time with data; of less than a day there is none."""
    if answer.daily_wh is None:
        return Figure(fmt.NOTHING)
    if answer.known_us < DAY:
        return Figure("–", f"\nonly {fmt.duration(answer.known_us, units=2)}")
    return Figure(fmt.kwh(answer.daily_wh), f"\nover {fmt.duration(answer.known_us, units=2)}")


def bill(statement: Statement) -> Figure:
    """Return the total of a month with tax, and its kWh; that there is no price where there are no tariffs."""
    if statement.total is None:
        return no_price(statement)
    return Figure(
        f"{money_text(statement.total)} {statement.currency}",
        f"\n{fmt.kwh(statement.usage_wh)}\n{time_labels.month(statement.month)}",
    )


def no_price(statement: Statement, why: str = "") -> Figure:
    """Return that a month has no price, its kWh, and why it has none in place of its name; or that it has no data."""
    if statement.usage_wh is None:
        return Figure(fmt.NOTHING, f"\n{why or time_labels.month(statement.month)}")
    return Figure("no price", f"\n{fmt.kwh(statement.usage_wh)}\n{why or time_labels.month(statement.month)}")


def end(edge: Edge | None, zone: SiteZone) -> Figure:
    """Return the register at one end of the window, and its time."""
    return (
        Figure(fmt.NOTHING) if edge is None else Figure(fmt.register(edge.wh), f"\n{explained.when(edge.time, zone)}")
    )


def end_name(name: str, edge: Edge | None) -> str:
    """Return the title of an end (`opening` or `closing`), with the quality of its register if that was read."""
    return f"{name} register" if edge is None or edge.wh is None else f"{name}, {fmt.QUALITY[edge.quality]}"


def readings(answer: UsageComparison) -> Figure:
    """Return the number of readings in the window, and how many do not count, or the longest time without one."""
    stored, suspect = answer.usage.readings, answer.usage.suspect
    gap = f"once none for {fmt.duration(answer.gaps.longest, units=1)}" if answer.gaps.within else ""
    note = f"{fmt.count(suspect)} not counted" if suspect else gap or ("all counted" if stored else "")
    return Figure(fmt.count(stored), f"\n{note}" if note else "")


def reading_rows(behind: WindowReadings, zone: SiteZone, start: int, stop: int) -> list[Sequence[str]]:
    """Return the cells of the readings [start, stop), counted from the newest."""
    last = len(behind) - 1
    return [_cells(behind, last - number, zone) for number in range(start, min(stop, len(behind)))]


def _cells(behind: WindowReadings, place: int, zone: SiteZone) -> Sequence[str]:
    time, wh = int(behind.time[place]), int(behind.wh[place])
    step, length = int(behind.used[place]), int(behind.length[place])
    channel = () if behind.register is None else (split_identifier(behind.register_of(place)).channel,)
    return (
        fmt.moment(time, zone),
        *channel,
        explained.since(time - length, time, zone) if wh == NO_REGISTER else fmt.number(wh),
        fmt.number(step) if step >= 0 else _former(behind, place) or "–",
        fmt.status(ROW_STATUS[int(behind.status[place])], QUALITY_NAMES[int(behind.quality[place])]),
        fmt.duration(length - length % SECOND, units=2) if length >= 0 else "–",
    )


def _former(behind: WindowReadings, place: int) -> str:
    """Return the energy that an interval stated which does not stand any longer; "" of any other row."""
    if int(behind.status[place]) not in (rules.REPLACED, rules.WITHDRAWN):
        return ""
    return f"was {fmt.number(round(int(behind.stated[place]) / UWH_PER_WH))}"


def extent(series: Series, zone: SiteZone) -> str:
    """Return from when to when a meter has data, and the key that goes there; "" if it has none."""
    if series.first is None or series.last is None:
        return ""
    return (
        f"Data from {explained.when(series.first, zone)} to {explained.when(series.last, zone)}; press g to go there."
    )


def account_line(account: Account | None) -> str:
    """Return address, region and type of home of an account in one line."""
    if account is None:
        return "no account"
    known = [part for part in (account.address, account.region, account.apartment_type) if part]
    return f"{', '.join(known) or 'no address'}{'' if account.active else ' · deactivated'}"
