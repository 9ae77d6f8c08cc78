"""Tariffs, pricing, statements and issued bills."""

from __future__ import annotations

from metertui.engine.billing import bill_format, billing_run, statements, tariffs
from metertui.engine.billing.bill_ledger import BillBook, Ledger, as_issued, verify
from metertui.engine.billing.billing_run import RUN_ROW, Run, differences
from metertui.engine.billing.charges import ENERGY, Charge
from metertui.engine.billing.pricing import NoTariffError
from metertui.engine.billing.rounding import decimals
from metertui.engine.billing.shown_bill import ShownBill, shown_bill
from metertui.engine.billing.statements import NOTHING, Statement, Terms, bill, money, statement
from metertui.engine.billing.tariff_replay import DECILES, FIGURES, KEYS, Replay, replay
from metertui.engine.billing.tariffs import COLUMNS, NAME, Band, Tariff, TariffFile, Tariffs, clock, with_tax

__all__ = [
    "COLUMNS",
    "DECILES",
    "ENERGY",
    "FIGURES",
    "KEYS",
    "NAME",
    "NOTHING",
    "RUN_ROW",
    "Band",
    "BillBook",
    "Charge",
    "Ledger",
    "NoTariffError",
    "Replay",
    "Run",
    "ShownBill",
    "Statement",
    "Tariff",
    "TariffFile",
    "Tariffs",
    "Terms",
    "as_issued",
    "bill",
    "bill_format",
    "billing_run",
    "clock",
    "decimals",
    "differences",
    "money",
    "replay",
    "shown_bill",
    "statement",
    "statements",
    "tariffs",
    "verify",
    "with_tax",
]
