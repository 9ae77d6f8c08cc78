"""Delay what threads answer, to find tests that look before an answer has come: `pytest -p tests.slow_threads`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final

_SECONDS: Final = 0.08
_in_time = asyncio.BaseEventLoop.run_in_executor


def _late(
    loop: asyncio.BaseEventLoop, executor: Executor | None, function: Callable[..., object], *args: object
) -> asyncio.Future[Any]:
    def answer() -> object:
        try:
            return function(*args)
        finally:
            time.sleep(_SECONDS)

    return _in_time(loop, executor, answer)


asyncio.BaseEventLoop.run_in_executor = _late  # type: ignore[method-assign,assignment]
