"""The sample folder of the repository: sound, and what its page says of it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from metertui.cli import demo
from metertui.engine.billing import tariffs
from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data/sample"


@pytest.fixture
def data() -> Path:
    return SAMPLE


def test_the_sample_is_sound(metertui: Command) -> None:
    assert metertui("check").code == 0


def test_the_commands_of_its_page_work(metertui: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "data/README.md").read_text()
    commands = re.findall(r"^    metertui (--data data/sample (?:usage|query).*)$", page, re.MULTILINE)
    assert len(commands) == 2
    for words in commands:
        assert metertui(*words.split()).code == 0


def test_its_readings_are_those_of_its_history(metertui: Command) -> None:
    rows = (ROOT / "data/history.csv").read_text().splitlines()[1:]
    table = metertui("query", "--from", "2025-02-23", "--to", "2025-03-03", "--format", "json").json
    assert table[0]["readings"] == len(rows) == 6 * 7 * 48


def test_the_sample_tariff_has_the_published_prices() -> None:
    found = tariffs.load_tariffs(ROOT / "data/tariffs-singapore.csv")
    assert found is not None
    prices = {
        day: found.in_force(date.fromisoformat(day), "4-room") for day in ("2025-04-01", "2025-09-30", "2026-07-01")
    }
    cents = {day: tariff.bands[0].price for day, tariff in prices.items() if tariff is not None}
    assert cents == {"2025-04-01": Decimal("28.12"), "2025-09-30": Decimal("27.47"), "2026-07-01": Decimal("31.91")}
    assert {band.tax_percent for band in found.rates} == {Decimal(9)}
    assert found.in_force(date(2025, 3, 31), "") is None


def test_the_proposed_tariff_is_neither_that_of_the_sample_nor_that_of_the_demonstration() -> None:
    proposed = tariffs.load_tariffs(ROOT / "data/proposed-tariff.csv")
    sample = tariffs.load_tariffs(SAMPLE / "tariffs.csv")
    shown = tariffs.parse_tariffs(demo._TARIFFS.format(day="2025-01-01").encode(), Path("tariffs.csv"))
    assert proposed is not None
    assert sample is not None
    for other in (sample, shown):
        assert not {band.price for band in proposed.rates} & {band.price for band in other.rates}
