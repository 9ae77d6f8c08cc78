"""What the rows of an import state of accounts, gathered part by part.

Of each part only those rows are kept that matter: the first of each meter, and those that state something else than the
row before. So what is kept grows with the meters and their moves, not with the rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.core.import_accounts import Statements, changed_rows
from metertui.engine.core.import_names import ImportNames

_Columns = tuple[NDArray[np.int32], Int64Array, NDArray[np.int32], NDArray[np.bool_]]
_NONE: _Columns = (np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, bool))


class StatedAccounts:
    """The rows of an import that state something of accounts."""

    def __init__(self, names: ImportNames) -> None:
        self._names = names
        self._kept: list[_Columns] = []

    def add(self, part: Statements) -> None:
        """Add rows, in any order; all of a meter at once."""
        order = np.lexsort((part.time, part.meter))
        meter, group = part.meter[order], part.group[order]
        matters = np.ones(len(order), dtype=bool)
        matters[1:] = meter[1:] != meter[:-1]
        matters[changed_rows(meter, group)] = True
        kept = order[matters]
        self._kept.append((part.meter[kept], part.time[kept], part.group[kept], part.new[kept]))

    def statements(self, *others: StatedAccounts, meters: NDArray[np.bool_] | None = None) -> Statements:
        """Return what is stated here and in others, of some meters (a mask by code) or of all."""
        parts = [_NONE, *self._kept, *(part for other in others for part in other._kept)]
        meter, time, group, new = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        if meters is not None:
            mine = meters[meter]
            meter, time, group, new = meter[mine], time[mine], group[mine], new[mine]
        return Statements(self._names.ids, self._names.groups, meter, time, group, new)
