"""Accounts in order of their ids, and the search for a part of their texts, for a million accounts.

The texts are in *segments* of 1,024 accounts each, in order of registration: one piece of case-folded UTF-8 with one
line per account. A text that does not occur costs a scan of all segments: 50 MB and some 40 ms for a million accounts,
in any thread. The scan ends between two segments when `stop` says so. A segment is made at its first search, and made
again after an account in it has changed.

`add` and `changed` are for the owner's thread and cost next to nothing; everything else may run in any thread, one at
a time.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from metertui.engine.accounts.account import Account

Rows = NDArray[np.int32]
"""Accounts by their numbers in order of registration."""
Stop = Callable[[], bool]

_SEGMENT: Final = 1024
"""Accounts in a segment: 50 kB of text. Searching one holds up other threads for some µs, making one for 1 ms."""
_MANY: Final = 64
"""Hits in a segment above which splitting it is faster than counting the lines between them."""
_CHANGES: Final = 32
"""Changed accounts that are looked for one by one; above this, all segments are made again."""
_PIECE: Final = 4096
"""Ids prepared for sorting at a time, so that other threads get their turn."""
_FIELD, _LINE = "\x1f", "\n"
_ID_BYTES: Final = 32


def _never() -> bool:
    return False


class AccountFinder:
    """The accounts of a book by number, in order, and by text. `get` gives the account of a meter."""

    def __init__(self, get: Callable[[str], Account | None]) -> None:
        self._get = get
        self._meters: list[str] = []
        self._segments: list[bytes | None] = []
        self._changed: list[str] = []
        self.widest = 0
        """Characters of the longest id so far."""
        self._order: Rows = np.empty(0, dtype=np.int32)
        self._rank: Rows = self._order
        self._short = threading.Lock()  # held for a moment only: by the owner's thread too
        self._searching = threading.Lock()

    def __len__(self) -> int:
        return len(self._meters)

    def add_meter(self, meter: str) -> None:
        """Add a new account. Owner's thread, O(1)."""
        self.widest = max(self.widest, len(meter))
        with self._short:
            self._meters.append(meter)
            number = (len(self._meters) - 1) // _SEGMENT
            if number < len(self._segments):
                self._segments[number] = None

    def add_meters(self, meters: Iterable[str]) -> None:
        """Add many new accounts, before the first search. Owner's thread."""
        self._meters.extend(meters)
        self.widest = max(self.widest, max(map(len, self._meters), default=0))

    def mark_changed(self, meter: str) -> None:
        """Mark an account whose texts have changed. Owner's thread, O(1)."""
        with self._short:
            self._changed.append(meter)

    def meter_at(self, row: int) -> str:
        """Return the meter of an account by its number."""
        return self._meters[row]

    def account_at(self, row: int) -> Account:
        """Return an account by its number."""
        account = self._get(self._meters[row])
        assert account is not None
        return account

    # -- questions: any thread, one at a time --------------------------------------------------------------------

    def rows_containing(self, text: str, stop: Stop = _never) -> Rows | None:
        """Return all accounts that contain `text` in any case, by id; None if stopped.

        It is looked for in id, address, postcode, region and sub-region.
        """
        with self._searching:
            order = self._ordered()
            wanted = _folded(text)
            if not wanted:
                return order
            found = [np.empty(0, dtype=np.int32)]
            for hits in self._hits(wanted, stop):
                if hits is None:
                    return None
                found.append(np.array(hits, dtype=np.int32))
            rows = np.concatenate(found)
            rank = self._rank
            known = rows[rows < len(rank)]  # one that was registered a moment ago is in the next answer
            return order[np.sort(rank[known])]

    def find_accounts(self, text: str, limit: int, stop: Stop = _never) -> list[Account] | None:
        """Return up to `limit` such accounts: the id that is `text`, ids that begin with it in order, then the rest.

        None if it was stopped.
        """
        with self._searching:
            order = self._ordered()
            wanted = _folded(text)
            begin, end = (self._place(order, edge) for edge in (wanted, f"{wanted}\x7f"))
            exact = self._get(text.strip())
            found = [] if exact is None else [exact]
            for row in order[begin : min(end, begin + limit + 1)].tolist():
                if (account := self._get(self._meters[row])) not in (None, exact):
                    assert account is not None
                    found.append(account)
            if wanted and len(found) < limit:
                for hits in self._hits(wanted, stop):
                    if hits is None:
                        return None
                    others = [self.account_at(row) for row in hits]
                    found += [each for each in others if not each.meter.lower().startswith(wanted) and each != exact]
                    if len(found) >= limit:
                        break
            return found[:limit]

    # -- texts -----------------------------------------------------------------------------------------------

    def _hits(self, wanted: str, stop: Stop) -> Iterator[list[int] | None]:
        """Yield the numbers of accounts that contain `wanted`, segment by segment; None when stopped."""
        if _LINE in wanted or _FIELD in wanted:
            return
        needle = wanted.encode("utf-8", "surrogatepass")
        for number, text in self._texts(stop):
            if text is None:
                yield None
                return
            if needle in text:
                first = number * _SEGMENT
                yield [first + place for place in _lines_with(needle, text)]

    def _texts(self, stop: Stop) -> Iterator[tuple[int, bytes | None]]:
        """Yield each segment's number and text; None when stopped."""
        self._take_changes()
        number = 0
        while number * _SEGMENT < len(self._meters):
            if stop():
                yield number, None
                return
            yield number, self._text(number)
            number += 1

    def _text(self, number: int) -> bytes:
        with self._short:
            missing = number + 1 - len(self._segments)
            if missing > 0:
                self._segments += [None] * missing
            text = self._segments[number]
            if text is not None:
                return text
            meters = self._meters[number * _SEGMENT : (number + 1) * _SEGMENT]
        text = _LINE.join(map(self._line, meters)).encode("utf-8", "surrogatepass")
        with self._short:
            if len(self._meters) < number * _SEGMENT + len(meters) + 1 or len(meters) == _SEGMENT:
                self._segments[number] = text  # else one came meanwhile, and the next look has it
        return text

    def _line(self, meter: str) -> str:
        account = self._get(meter)
        if account is None:
            return ""
        fields = (meter, account.address, account.postcode, account.region, account.sub_region)
        text = _FIELD.join(fields).casefold()
        return text if _LINE not in text else text.replace(_LINE, " ")

    def _take_changes(self) -> None:
        """Forget the segments of accounts that have changed."""
        with self._short:
            changed, self._changed = self._changed, []
            segments = list(self._segments)
        if len(changed) > _CHANGES:
            numbers: Iterable[int] = range(len(segments))
        else:
            needles = [f"{meter}{_FIELD}".lower().encode() for meter in changed]
            made = ((number, text) for number, text in enumerate(segments) if text is not None)
            numbers = [number for number, text in made if any(needle in text for needle in needles)]
        with self._short:
            for number in numbers:
                self._segments[number] = None

    # -- order -----------------------------------------------------------------------------------------------

    def _ordered(self) -> Rows:
        known, total = len(self._order), len(self._meters)
        if known < total:
            if total - known > max(1000, known // 8):
                order = self._sorted(total)
            else:
                new = sorted(range(known, total), key=lambda row: _key(self._meters[row]))
                places = [self._place(self._order, *_key(self._meters[row])) for row in new]
                order = np.insert(self._order, places, new).astype(np.int32)
            rank = np.empty(total, dtype=np.int32)
            rank[order] = np.arange(total, dtype=np.int32)
            self._order, self._rank = order, rank
        return self._order

    def _sorted(self, total: int) -> Rows:
        """Return the first `total` accounts in order of their ids, sorted outside the GIL."""
        ids = np.empty(total, dtype=f"S{_ID_BYTES}")
        lower = np.empty(total, dtype=f"S{_ID_BYTES}")
        for start in range(0, total, _PIECE):
            piece = self._meters[start : min(start + _PIECE, total)]
            ids[start : start + len(piece)] = [meter.encode() for meter in piece]
            lower[start : start + len(piece)] = [meter.lower().encode() for meter in piece]
        order = np.argsort(ids, kind="stable")
        return order[np.argsort(lower[order], kind="stable")].astype(np.int32)

    def _place(self, order: Rows, lower: str, exact: str = "") -> int:
        """Return how many accounts of `order` come before an id, given in lower case and as it is."""
        return bisect_left(order, (lower, exact), key=lambda row: _key(self._meters[row]))


def _key(meter: str) -> tuple[str, str]:
    return meter.lower(), meter


def _folded(text: str) -> str:
    return text.casefold().strip()


def _lines_with(needle: bytes, text: bytes) -> list[int]:
    """Return the lines of `text`, from 0, that contain `needle`, which occurs in it."""
    if text.count(needle) > _MANY:
        return [number for number, line in enumerate(text.split(b"\n")) if needle in line]
    found = []
    number = start = 0
    at = text.find(needle)
    while at >= 0:
        number += text.count(b"\n", start, at)
        found.append(number)
        start = text.find(b"\n", at)
        if start < 0:
            break
        at = text.find(needle, start)
    return found
