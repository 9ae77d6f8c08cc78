"""What all work on a folder shares: the engine, the turns, the threads, and the note of who did what."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from metertui.engine.core import Engine
from metertui.headend.commit_loop import Turns

T = TypeVar("T")


class Hands:
    """The hands that work is given to. All methods are called on the event loop."""

    def __init__(self, engine: Engine, writer: Executor | None = None, turns: Turns | None = None) -> None:
        self.engine = engine
        self.writer: Executor = writer or ThreadPoolExecutor(1, "metertui-log")
        self.turns = turns or Turns(engine, self.writer)
        self.background: set[asyncio.Future[Any]] = set()
        """What goes on to its end whoever waits for it."""
        self._workers = ThreadPoolExecutor(2, "metertui-work")
        self._searcher = ThreadPoolExecutor(1, "metertui-search")

    @property
    def between(self) -> asyncio.Lock:
        """Held by who works between two batches."""
        return self.turns.between

    async def write(self, function: Callable[..., T], *args: object) -> T:
        """`function(*args)` in the one thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self.writer, function, *args)

    async def write_between(self, function: Callable[..., T], *args: object) -> T:
        """The same between two batches."""
        async with self.between:
            return await self.write(function, *args)

    async def work(self, function: Callable[..., T], *args: object) -> T:
        """`function(*args)` in a thread for heavy work."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, function, *args)

    async def ask(self, function: Callable[..., T], *args: object) -> T:
        """`function(frozen, *args)` in a thread for heavy work, on all readings as they are now."""
        view, max_w = self.engine.view(), self.engine.rules.max_w
        return await self.work(lambda: function(view.frozen(max_w), *args))

    async def look_up(self, function: Callable[..., T | None], *args: object) -> T:
        """A search in a thread of its own, so that none waits for a heavy question; given up when it is cancelled."""
        given_up = threading.Event()
        call = partial(function, *args, stop=given_up.is_set)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._searcher, call)
        except asyncio.CancelledError:
            given_up.set()
            raise
        assert found is not None  # it is stopped only where nobody waits for it any more
        return found

    def begin(self, work: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Begin work that goes on to its end whoever waits for it."""
        task = asyncio.create_task(work, name=name or None)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def finished(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of work that goes on to its end even if who waits for it is cancelled."""
        return await asyncio.shield(self.begin(work))

    def note(self, by: str, action: str, subject: str, detail: str) -> None:
        """Keep in `audit.log` who did what."""
        now = self.engine.clock.now()
        self.writer.submit(self.engine.audit.write, self.engine.zone.iso(now), by, action, subject, detail)

    async def stop(self) -> None:
        """Wait for what goes on, and end the threads."""
        await asyncio.gather(*self.background, return_exceptions=True)
        self.writer.shutdown()
        self._workers.shutdown(cancel_futures=True)
        self._searcher.shutdown(cancel_futures=True)
