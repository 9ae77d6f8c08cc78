"""The file format of bills: a CSV row whose charges are compact JSON, written and parsed."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from metertui.engine.base import HOUR, SiteZone, disarm_formula, format_kwh, hours_number, kwh_number
from metertui.engine.billing.charges import KINDS, Charge
from metertui.engine.billing.statements import Figures, Statement, money_text
from metertui.engine.errors import Refused
from metertui.engine.usage import Edge

ROW: Final = (
    *("meter", "month", "opening_kwh", "opening_quality", "closing_kwh", "closing_quality", "usage_kwh"),
    *("lines", "net", "tax", "total", "currency", "reason"),
)
MISSING: Final = "missing_hours"
"""The column that says for how long in the month nothing is known, between times of which something is."""
_KWH: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,3})?")
_MONEY: Final = re.compile(r"-?[0-9]{1,15}\.[0-9]{2}")


def cells(statement: Statement, zone: SiteZone) -> list[str]:
    """Return a bill as the cells of a CSV, in the order of ROW; empty where nothing is known."""
    return [
        statement.meter,
        statement.month,
        *edge_cells(statement.opening),
        *edge_cells(statement.closing),
        kwh_text(statement.usage_wh),
        lines_text(statement, zone),
        *(money_text(cents) or "" for cents in (statement.net, statement.tax, statement.total)),
        statement.currency or "",
        disarm_formula(statement.reason),
    ]


def edge_cells(edge: Edge | None) -> tuple[str, str]:
    """Return the register of an end of a month and its quality as cells."""
    return (kwh_text(edge.wh), edge.quality) if edge else ("", "")


def missing_text(us: int) -> str:
    """Return missing time (µs) as a cell; empty for none."""
    return str(hours_number(us)) if us else ""


def missing_us_of(text: str) -> int:
    """Return missing time (µs) from its cell. Raises ValueError."""
    return round(float(text) * HOUR) if text else 0


def figures_cells(figures: Figures) -> list[str]:
    """Return figures as cells."""
    return [format_kwh(figures.usage_wh), *(money_text(cents) or "" for cents in figures[1:])]


def line_object(charge: Charge, zone: SiteZone) -> dict[str, Any]:
    """Return a charge for JSON: its quantity as a number, prices and money as text, so that they stay exact.

    One of another channel than the use names it.
    """
    return {
        "from": zone.iso(charge.start),
        "to": zone.iso(charge.end),
        **({"channel": charge.channel} if charge.channel else {}),
        "band": charge.band,
        charge.kind.quantity_key: kwh_number(charge.quantity),
        charge.kind.price_key: f"{charge.price:f}",
        "amount": money_text(charge.amount),
        "tax_percent": f"{charge.tax_percent:f}",
        "note": charge.note,
    }


def lines_text(statement: Statement, zone: SiteZone) -> str:
    """Return the charges as JSON for a cell; empty if there is no price."""
    if statement.charges is None:
        return ""
    objects = [line_object(charge, zone) for charge in statement.charges]
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":"))


def parse_lines(text: str, zone: SiteZone) -> tuple[Charge, ...]:
    """Return the charges of a `lines` cell. Raises ValueError that says what is wrong with it."""
    try:
        lines = json.loads(text or "[]", parse_float=str, parse_int=str)
        return tuple(_charge(line, zone) for line in lines)
    except (Refused, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"the lines cannot be read ({error!r})") from error


def figures_object(figures: Figures) -> dict[str, Any]:
    """Return figures as a JSON object: kWh as a number, money as text."""
    return {
        "usage_kwh": kwh_number(figures.usage_wh),
        "net": money_text(figures.net),
        "tax": money_text(figures.tax),
        "total": money_text(figures.total),
    }


def _charge(line: dict[str, str], zone: SiteZone) -> Charge:
    kind = next((kind for kind in KINDS if kind.quantity_key in line), KINDS[0])
    return Charge(
        kind,
        zone.parse(line["from"]),
        zone.parse(line["to"]),
        line["band"],
        wh_of(line[kind.quantity_key]),
        Decimal(line[kind.price_key]),
        Decimal(line["tax_percent"]),
        cents_of(line["amount"]),
        line.get("note", ""),
        line.get("channel", ""),
    )


def kwh_text(wh: int | None) -> str:
    """Return Wh as kWh text for a cell; empty for no data."""
    return "" if wh is None else format_kwh(wh)


def wh_of(text: str) -> int:
    """Return the Wh of kWh text, which may have a sign. Raises ValueError."""
    if _KWH.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a number of kWh")
    return int(Decimal(text).scaleb(3))


def cents_of(text: str) -> int:
    """Return the cents of an amount such as `12.34`, which may have a sign. Raises ValueError."""
    if _MONEY.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an amount with two decimals")
    return int(Decimal(text).scaleb(2))
