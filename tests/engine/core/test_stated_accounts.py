"""What matters of the rows of an import for accounts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.accounts.book import AccountBook
from metertui.engine.attributes import Group
from metertui.engine.base.zone import SiteZone
from metertui.engine.columns.registers import Registers
from metertui.engine.core.import_accounts import Statements, planned_accounts
from metertui.engine.core.import_names import ImportNames
from metertui.engine.core.stated_accounts import StatedAccounts

ZONE = SiteZone("UTC")
GROUPS = [Group("North"), Group("South"), Group("East")]
ROW = st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(-1, 2), st.booleans())


@given(st.lists(ROW, max_size=30))
def test_the_accounts_are_those_of_all_rows(rows: list[tuple[int, int, int, bool]]) -> None:
    book = AccountBook(Path("nowhere"), ZONE)
    names = names_of_three()
    meter, time, group, new = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    every = Statements(names.ids, GROUPS, meter.astype(np.int32), time, group.astype(np.int32), new.astype(bool))
    found = [StatedAccounts(names), StatedAccounts(names)]
    for code in (1, 0, 2):
        of = every.meter == code
        found[code % 2].add(
            every._replace(meter=every.meter[of], time=time[of], group=every.group[of], new=every.new[of])
        )
    gathered = found[0].statements(found[1])
    assert planned_accounts(book, gathered, 100) == planned_accounts(book, every, 100)
    first = found[0].statements(found[1], meters=np.array([True, False, False]))
    assert set(first.meter.tolist()) <= {0}


def test_what_is_kept_does_not_grow_with_the_rows() -> None:
    found = StatedAccounts(names := names_of_three())
    zeros = np.zeros(1000, dtype=np.int32)
    found.add(Statements(names.ids, GROUPS, zeros, np.arange(1000), zeros, np.ones(1000, dtype=bool)))
    assert len(found.statements().time) == 1


def names_of_three() -> ImportNames:
    """Names with the meters a, b, c and all groups."""
    names = ImportNames([], Registers([]))
    names.codes_of("abc")
    names.groups_of(GROUPS, np.arange(3, dtype=np.int32), 3)
    return names
