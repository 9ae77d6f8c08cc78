"""Lines as meters send them, and some that are not simply the next readings."""

from __future__ import annotations

import random
from collections.abc import Sequence


def sent_line(chance: random.Random, half_hours: dict[int, int], meters: Sequence[int], share: float) -> str:
    """Make the next reading of one of some meters, `half_hours` after its first; a share of them is unusual."""
    meter = chance.choice(meters)
    half_hours[meter] = half_hours.get(meter, 0) + 1
    at = half_hours[meter]
    register, kwh, minute = f"m{meter}", f"{at / 4:.3f}", 30 * at
    day, hour = 1 + minute // 1440 % 11, minute // 60 % 24
    stamp = f"2025-03-{day:02}T{hour:02}:{minute % 60:02}:00{chance.choice(['', 'Z', '+01:00'])}"
    if chance.random() < share:
        register, kwh, stamp = chance.choice([
            (register, "0.5", stamp), (register, "9000", stamp), (f"{register}:t1", kwh, stamp), ("x", kwh, stamp),
            (register, f"{kwh}1", stamp), (register, "x", stamp), (register, kwh, "2025-03-01T01:00"),
            (register, kwh, "2026-01-01T00:00"), (register, kwh, f"{stamp[:19]}.25"), (register, kwh, "x" * 9),
        ])  # fmt: skip
    return f"READ {register} {kwh} {stamp}"
