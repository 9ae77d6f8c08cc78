"""Many decisions worked out while readings go on arriving, and only where something has changed once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metertui.engine.base import MeterLimits
from metertui.engine.core.corrections import Decision, Effect, iter_effects
from metertui.engine.core.engine import Engine

_Basis = tuple[int, int, MeterLimits | None]
"""What the effects for a meter follow from: how many edits were looked through, its readings, its limits."""


class DecisionPlan:
    """Decisions made together, with what each changes. On the thread that owns the engine.

    What a decision changes depends on the readings and edits of its meter alone.
    """

    def __init__(self, engine: Engine, decisions: Sequence[Decision], who: str) -> None:
        self._engine = engine
        self._decisions = decisions
        self._who = who
        self._now = engine.clock.now()
        self._basis: dict[str, _Basis] = {}
        self._found: dict[int, Effect] = {}
        self._places: dict[str, list[int]] = {}
        """The places of each meter's decisions among all."""
        for place, decision in enumerate(decisions):
            self._places.setdefault(decision.meter, []).append(place)

    def stale_meters(self) -> list[str]:
        """Return the meters whose decisions have not been worked out, or of which something has changed since."""
        return [meter for meter in self._places if not self._holds(meter)]

    def work_out(self) -> Iterator[None]:
        """Work out the decisions of all stale meters, some milliseconds in each step. Raises MeterError.

        What is stored may change between two steps; the meter is stale then.
        """
        for meter in self.stale_meters():
            places = self._places[meter]
            basis = self._basis_of(meter)
            wanted = [self._decisions[place] for place in places]
            effects = iter_effects(self._engine, wanted, self._who, self._now)
            for place, effect in zip(places, effects, strict=True):
                self._found[place] = effect
                yield
            self._basis[meter] = basis

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
