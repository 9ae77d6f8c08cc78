"""The proof of a data folder as text, for tests."""

from __future__ import annotations

from pathlib import Path

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.maintenance.check import check_folder

ZONE = SiteZone("Europe/Berlin")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2024-10-25T00:00")
DAY_FILE = "archive/2024/10_26.csv"


def problems(folder: Path) -> list[str]:
    return [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]


def notes(folder: Path) -> list[str]:
    return [note for proof in check_folder(folder, RULES, lambda _: None) for note in proof.notes]
