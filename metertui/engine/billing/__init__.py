"""Tariffs, pricing, statements and issued bills."""

from __future__ import annotations

from metertui.engine.billing import bill_format, statements, tariffs
from metertui.engine.billing.adjustments import FormerRules, Waiting, find_waiting, unbilled_differences
from metertui.engine.billing.bill_ledger import BillBook, Ledger, issued_cells, ledger_problems
from metertui.engine.billing.billing_run import BillingRun, run_object
from metertui.engine.billing.charges import ENERGY, Charge
from metertui.engine.billing.pricing import NoTariffError
from metertui.engine.billing.rounding import decimals
from metertui.engine.billing.shown_bill import ShownBill, shown_bill
from metertui.engine.billing.spread_prices import SpreadPrices
from metertui.engine.billing.statements import (
    NOTHING,
    Statement,
    Terms,
    bill_only_meter,
    money_text,
    unpriced_statement,
)
from metertui.engine.billing.tariff_replay import DECILES, FIGURES, KEYS, Replay, replay_tariffs
from metertui.engine.billing.tariffs import CHANNEL, COLUMNS, NAME, Band, Tariff, TariffFile, Tariffs, clock, with_tax
from metertui.engine.billing.unissued import unissued_months, unissued_sentences

__all__ = [
    "CHANNEL",
    "COLUMNS",
    "DECILES",
    "ENERGY",
    "FIGURES",
    "KEYS",
    "NAME",
    "NOTHING",
    "Band",
    "BillBook",
    "BillingRun",
    "Charge",
    "FormerRules",
    "Ledger",
    "NoTariffError",
    "Replay",
    "ShownBill",
    "SpreadPrices",
    "Statement",
    "Tariff",
    "TariffFile",
    "Tariffs",
    "Terms",
    "Waiting",
    "bill_format",
    "bill_only_meter",
    "clock",
    "decimals",
    "find_waiting",
    "issued_cells",
    "ledger_problems",
    "money_text",
    "replay_tariffs",
    "run_object",
    "shown_bill",
    "statements",
    "tariffs",
    "unbilled_differences",
    "unissued_months",
    "unissued_sentences",
    "unpriced_statement",
    "with_tax",
]
