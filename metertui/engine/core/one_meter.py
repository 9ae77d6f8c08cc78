"""Answers about one meter: its readings as if there were no other, its bill, and why a usage is what it is."""

from __future__ import annotations

from collections.abc import Callable

from metertui.engine.base import Window, meter_of, month_before
from metertui.engine.billing import ShownBill, Statement, shown_bill, statements
from metertui.engine.columns import Frozen
from metertui.engine.core.engine import Engine
from metertui.engine.core.meter_readings import prepare_registers
from metertui.engine.errors import MeterError
from metertui.engine.usage import Explained, Explanation, explain, explain_sum
from metertui.engine.vee import MeterEdits

ExplainedUsage = tuple[Explanation, ShownBill | str | None]
"""A usage, and the bill of the same or a sentence on why there is none; None where none is asked for."""


def frozen_meter(engine: Engine, meter: str) -> Frozen:
    """Return the registers of a meter, or of that of a register, as if there were no other: its code is 0.

    Raises MeterError for an unknown meter.
    """
    engine.code_of(meter_of(meter))
    return prepare_registers(engine, meter_of(meter))()


def statement_of_month(engine: Engine, meter: str, month: str | None = None, at: int | None = None) -> Statement:
    """Return a meter's bill for a month (`YYYY-MM`; the one before now if None). `at` (µs UTC) replaces now.

    Raises MeterError, DataError.
    """
    month = month or month_before(engine.clock.now() if at is None else at, engine.zone)
    return statements.bill_only_meter(frozen_meter(engine, meter), month, engine.terms())


def _edits(engine: Engine, register: str) -> MeterEdits | None:
    """Return the edits of a register that are in force, as they are now."""
    decided = engine.events.edits_of_meter(register)
    return None if decided is None else decided.frozen()


def prepare_explanation(engine: Engine, meter: str, window: Window) -> Callable[[], ExplainedUsage]:
    """Prepare an explanation of a usage: for a month with its bill, or why there is none.

    Reads what it needs from the engine now; the function that it returns may be called in any thread. Raises
    MeterError for an unknown meter.
    """
    parts = engine.summed_registers(meter)
    names = [each for each in (meter, *parts) if engine.is_read(each)] if parts else []
    whole, decided = engine.prepare_use_series(meter), _edits(engine, meter)
    registers = [(engine.prepare_series(each), _edits(engine, each)) for each in names]
    alone = frozen_meter(engine, meter)
    gap_us = engine.rules.gap_us
    month = engine.zone.local(window.start).strftime("%Y-%m")

    def explained() -> ExplainedUsage:
        if parts:
            of_each = [Explained(series(), edits) for series, edits in registers]
            usage = explain_sum(whole(), window, engine.zone, of_each, gap_us)
        else:
            usage = explain(whole(), window, engine.zone, decided, gap_us)
        if window.name not in ("month", "last_month", month):
            return usage, None
        try:
            priced = statements.bill_only_meter(alone, month, engine.terms())
            bill = shown_bill(priced, engine.bills.ledger_of_meter(month, meter), engine.zone)
        except MeterError as error:
            return usage, f"{error}."
        # A month that is not over may have readings that came after the moment that is asked about.
        return usage, bill if bill.issued is not None or priced.usage_wh == usage.usage.usage_wh else None

    return explained
