"""What all tests share: property tests that are the same on every run, and a desk at work."""

from __future__ import annotations

import gc
import os
import sys
from argparse import _SubParsersAction
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from metertui.cli import grammar, main
from metertui.cli.parsing import Parser
from metertui.engine.accounts import staff
from metertui.engine.core.engine import Engine
from metertui.headend import service
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock
from tests.desk import RULES

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("steady")


gc.disable()  # until all is imported: a fourth of that time went into rounds that find nothing


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Let each of several workers compile its share of the tests first: after a change each would compile them all."""
    workers, number = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), os.environ.get("PYTEST_XDIST_WORKER", "")
    if workers == 1 or sys.dont_write_bytecode:
        return
    root = Path(__file__).parent
    for path in sorted(root.rglob("test_*.py"))[int(number.removeprefix("gw")) :: workers]:
        with suppress(Exception):  # which the collection tells
            import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported, and many of its rounds: they took a fifth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _quick_syncs() -> Iterator[None]:
    """Let syncs return at once.

    What they are for shows at a power cut alone, and tests/engine/disk.py plays those by the order of the calls. The
    processes of tests/end_to_end sync as they should.
    """
    with patch.object(os, "fsync", os.fstat), patch.object(os, "fdatasync", os.fstat, create=True):
        yield


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> Iterator[None]:
    """Let argon2 cost next to nothing, since what it costs otherwise is the library's to know."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with patch.object(staff, "PasswordHasher", cheap):
        yield


@pytest.fixture(autouse=True, scope="session")
def _styles_read_once() -> Iterator[None]:
    """Let an app take over the rules that an earlier one read from the same style sheet with the same colours."""
    parse = Stylesheet._parse_rules

    @cache
    def rules(variables: frozenset[tuple[str, str]], *source: Any) -> list[RuleSet]:
        return parse(Stylesheet(variables=dict(variables)), *source)

    def read_once(
        sheet: Stylesheet,
        css: str,
        read_from: Any,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        return rules(frozenset(sheet._variables.items()), css, read_from, is_default_rules, tie_breaker, scope)

    with patch.object(Stylesheet, "_parse_rules", read_once):
        yield


@pytest.fixture(autouse=True, scope="session")
def _grammar_built_once() -> Iterator[None]:
    """Let a command take the parser of the one before: it takes 12 ms to build."""
    built = grammar.parser()

    def parsers(of: Parser) -> Iterator[Parser]:
        yield of
        for action in of._actions:
            for each in (action.choices or {}).values() if isinstance(action, _SubParsersAction) else ():
                yield from parsers(each)

    every = list(parsers(built))

    def as_new() -> Parser:
        for each in every:
            each._parsed = False
        return built

    with patch.object(main, "parser", as_new):
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_ticks() -> Iterator[None]:
    """Let a head-end tick only when a test calls `tick`: a real second may pass anywhere in a test, or nowhere."""
    with patch.object(service, "_TICK_SECONDS", 1e6):
        yield


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[HeadEnd]:
    """A head-end of one meter, `m`, at work."""
    headend = HeadEnd(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00")))
    await headend.start()
    await headend.accounts.register("m", {"region": "East"}, "test")
    yield headend
    if headend.engine._owned is not None:
        await headend.stop()
