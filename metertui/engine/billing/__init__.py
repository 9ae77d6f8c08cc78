"""Tariffs, pricing, statements and issued bills."""

from __future__ import annotations

from metertui.engine.billing import bill_format, billing_run, statements, tariffs
from metertui.engine.billing.bill_ledger import BillBook, Ledger, as_issued, verify
from metertui.engine.billing.billing_run import RUN_ROW, Run, differences, shown
from metertui.engine.billing.pricing import NoTariffError
from metertui.engine.billing.statements import Statement, Terms, bill, money, statement
from metertui.engine.billing.tariff_replay import DECILES, FIGURES, KEYS, Replay, replay
from metertui.engine.billing.tariffs import COLUMNS, NAME, Band, Tariff, TariffFile, Tariffs, clock, with_tax

__all__ = [
    "COLUMNS",
    "DECILES",
    "FIGURES",
    "KEYS",
    "NAME",
    "RUN_ROW",
    "Band",
    "BillBook",
    "Ledger",
    "NoTariffError",
    "Replay",
    "Run",
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
    "differences",
    "money",
    "replay",
    "shown",
    "statement",
    "statements",
    "tariffs",
    "verify",
    "with_tax",
]
