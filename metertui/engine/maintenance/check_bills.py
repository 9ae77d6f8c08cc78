"""The proof of bills: tariffs load; issued bills are unchanged, add up and leave no month out.

They may differ from today's figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metertui.engine.accounts import AccountBook
from metertui.engine.base import Rules, counted, format_kwh
from metertui.engine.billing import (
    NAME,
    BillBook,
    FormerRules,
    NoTariffError,
    TariffFile,
    Tariffs,
    Terms,
    Waiting,
    ledger_problems,
    money_text,
    statements,
    unbilled_differences,
    unissued_months,
    unissued_sentences,
)
from metertui.engine.columns import Frozen
from metertui.engine.errors import DataError
from metertui.engine.maintenance.proof import Proof
from metertui.engine.storage import ManifestEntry


def prove_tariffs(folder: Path, book: AccountBook) -> tuple[Tariffs | None, Proof]:
    """Return the tariffs of a folder, None if they do not load, and the proof that they do."""
    proof, tariffs = Proof("tariffs"), None
    with proof.failing():
        tariffs = TariffFile(folder).current()
    if tariffs is not None:
        proof.count = len(tariffs.tariffs)
        kinds = {account.apartment_type for account in book}
        kinds |= {group.apartment_type for account in book for _, group in book.moves_of(account.meter)}
        for kind in sorted({tariff.apartment_type for tariff in tariffs.tariffs} - kinds - {""}):
            proof.notes.append(f"{NAME}: no account has the apartment type {kind}")
    return tariffs, proof


def prove_bills(folder: Path, rules: Rules, frozen: Frozen, tariffs: Tariffs | None) -> Iterator[Proof]:
    """Prove that issued bills are unchanged, add up and leave no month out; note what they would come to now."""
    kept, adds, now, left_out = (
        Proof("issued bills: as they were issued (SHA-256)"),
        Proof("issued bills: lines, amounts, tax and total"),
        Proof("issued bills: compared with today's figures"),
        Proof("issued bills: no month left out"),
    )
    book = BillBook(folder, rules.zone)
    months = book.issued_months()
    terms = Terms(tariffs, rules.currency, rules.gap_us, rules.fit.max_w)
    former, waiting = None, Waiting()
    with now.failing():
        former = FormerRules(frozen, terms) if book.waits_for_acceptance() else None
    stated: dict[str, ManifestEntry] = {}
    with kept.failing():
        stated = book.manifest.read_entries()
    for name in sorted(stated.keys() - {book.path_of_month(month).name for month in months}):
        kept.fail(f"{book.folder / name}: missing; what was billed is lost unless a backup has it")
    for month in months:
        kept.count += 1
        try:
            ledger = book.ledger_of_month(month)
        except DataError as error:
            kept.fail(str(error))
            continue
        adds.count += ledger.entries
        for problem in ledger_problems(ledger, book.path_of_month(month), rules.zone):
            adds.fail(problem)
        if tariffs is None:
            now.notes.append(f"{month}: there are no tariffs to compare its issued bills with")
            continue
        now.count += len(ledger.sums)
        try:
            bills = statements.Bills(frozen, month, terms)
        except NoTariffError as error:
            now.notes.append(f"{month}: {error}")
            continue
        changed = unbilled_differences(ledger, bills)
        if former is not None:
            changed, by_rules = former.split(ledger, changed)
            waiting.add(month, by_rules)
        if changed:
            used, total = (sum(figures[at] for figures in changed.values()) for at in (0, 3))
            by = f"{format_kwh(used)} kWh and {money_text(total)} in all"
            changes = f"{counted(len(changed), 'issued bill')} would differ now, by {by}"
            now.notes.append(f"{month}: {changes}; the next billing run has them as adjustments")
    if months:
        now.notes += filter(None, [waiting.sentence(months[-1])])
        left_out.count = len(months)
        never = unissued_months(frozen, months, months[-1])
        left_out.notes += unissued_sentences(frozen, [month for month in never if not month.after_issued])
        for problem in unissued_sentences(frozen, [month for month in never if month.after_issued]):
            left_out.fail(f"{problem}; a billing run of that month bills it")
    yield from (kept, adds, now, left_out)
