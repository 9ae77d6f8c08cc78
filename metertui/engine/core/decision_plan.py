"""Many decisions worked out while readings go on arriving, and only where something has changed once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from metertui.engine.base import MeterLimits
from metertui.engine.core.corrections import Effect, iter_effects
from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine

_Basis = tuple[int, int, MeterLimits | None]
"""What the effects for a meter follow from: how many edits were looked through, its readings, its limits."""


class DecisionPlan:
    """Decisions made together, with what each changes. On the thread that owns the engine, unless said otherwise.

    What a decision changes depends on the readings and edits of its meter alone.
    """

    def __init__(self, engine: Engine, decisions: Sequence[Decision], who: str) -> None:
        self._engine = engine
        self._decisions = decisions
        self._who = who
        self._now = engine.clock.now()
        self._basis: dict[str, _Basis] = {}
        self._taken: dict[str, _Basis] = {}
        """Those of meters that are being worked out."""
        self._found: dict[int, Effect] = {}
        self._places: dict[str, list[int]] = {}
        """The places of each meter's decisions among all."""
        for place, decision in enumerate(decisions):
            self._places.setdefault(decision.meter, []).append(place)

    def stale_meters(self) -> list[str]:
        """Return the meters whose decisions have not been worked out, or of which something has changed since."""
        return [meter for meter in self._places if not self._holds(meter)]

    def prepare(self, meter: str) -> Callable[[], list[Effect]]:
        """Return what works out the decisions about a meter by what is stored now, in any thread. Raises MeterError.

        What that returns is to be given to `take`.
        """
        self._taken[meter] = self._basis_of(meter)
        basis = DecisionBasis.of_meter(self._engine, meter)
        wanted = [self._decisions[place] for place in self._places[meter]]
        who, now = self._who, self._now
        return lambda: list(iter_effects(lambda _: basis, wanted, who, now))

    def take(self, meter: str, effects: Sequence[Effect]) -> None:
        """Take the effects of the decisions about a meter, which is stale if it has changed since `prepare`."""
        self._found.update(zip(self._places[meter], effects, strict=True))
        self._basis[meter] = self._taken.pop(meter)

    def effects(self) -> list[Effect]:
        """Return what each decision changes, in their order."""
        return [self._found[place] for place in range(len(self._decisions))]

    def _basis_of(self, meter: str) -> _Basis:
        engine, code = self._engine, self._engine.directory.codes.get(meter)
        if code is None:  # of a refused line
            return len(engine.events), 0, None
        return len(engine.events), engine.readings.count_of(code), engine.directory.limits_of(code)

    def _holds(self, meter: str) -> bool:
        """Return whether nothing has changed that the effects for a meter follow from."""
        known = self._basis.get(meter)
        if known is None:
            return False
        edits, *others = self._basis_of(meter)
        if known != (known[0], *others) or meter in self._engine.events.meters_since(known[0]):
            return False
        self._basis[meter] = (edits, known[1], known[2])
        return True
