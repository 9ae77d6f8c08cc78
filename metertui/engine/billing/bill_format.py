"""Bills as they are written: a row of a CSV, with the lines as compact JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from metertui.engine.base import SiteZone, disarmed, format_kwh
from metertui.engine.billing.statements import Line, Statement, money, note
from metertui.engine.usage import Edge

ROW: Final = (
    "meter",
    "month",
    "opening_kwh",
    "opening_quality",
    "closing_kwh",
    "closing_quality",
    "usage_kwh",
    "lines",
    "net",
    "tax",
    "total",
    "currency",
    "reason",
)


def kwh_number(wh: int | None) -> float | int | None:
    """kWh as a number with up to three decimals: whole where it is."""
    if wh is None:
        return None
    return wh // 1000 if wh % 1000 == 0 else wh / 1000


def line_object(line: Line, zone: SiteZone) -> dict[str, Any]:
    """A line: kWh as a number, prices and money as text, so that they stay exact."""
    return {
        "from": zone.iso(line.start),
        "to": zone.iso(line.end),
        "band": line.band,
        "usage_kwh": kwh_number(line.usage_wh),
        "cents_per_kwh": f"{line.cents_per_kwh:f}",
        "amount": money(line.amount),
        "tax_percent": f"{line.tax_percent:f}",
        "note": note(line, zone),
    }


def bill_object(statement: Statement, zone: SiteZone) -> dict[str, Any]:
    """A bill under the names of ROW; None where nothing is known."""
    lines = None if statement.lines is None else [line_object(line, zone) for line in statement.lines]
    return {
        "meter": statement.meter,
        "month": statement.month,
        **_edge("opening", statement.opening),
        **_edge("closing", statement.closing),
        "usage_kwh": kwh_number(statement.usage_wh),
        "lines": lines,
        "net": money(statement.net),
        "tax": money(statement.tax),
        "total": money(statement.total),
        "currency": statement.currency,
        "reason": statement.reason or None,
    }


def lines_text(statement: Statement, zone: SiteZone) -> str:
    """The lines as JSON for a cell; empty where there is no price."""
    if statement.lines is None:
        return ""
    objects = [line_object(line, zone) for line in statement.lines]
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":"))


def cells(statement: Statement, zone: SiteZone) -> list[str]:
    """A bill as the cells of a CSV, in the order of ROW; empty where nothing is known."""
    opening, closing = statement.opening, statement.closing
    return [
        statement.meter,
        statement.month,
        kwh_text(opening.wh if opening else None),
        opening.quality if opening else "",
        kwh_text(closing.wh if closing else None),
        closing.quality if closing else "",
        kwh_text(statement.usage_wh),
        lines_text(statement, zone),
        money(statement.net) or "",
        money(statement.tax) or "",
        money(statement.total) or "",
        statement.currency or "",
        disarmed(statement.reason),
    ]


def kwh_text(wh: int | None) -> str:
    """kWh for a cell; empty for no data."""
    return "" if wh is None else format_kwh(wh)


def _edge(name: str, edge: Edge | None) -> dict[str, Any]:
    return {
        f"{name}_kwh": kwh_number(edge.wh) if edge else None,
        f"{name}_quality": edge.quality if edge else None,
    }
