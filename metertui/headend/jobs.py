"""The work of the head-end beside ingest: threads, work that runs to completion, and the permission to write.

Every subject that changes a data folder (accounts, staff, billing ...) does it through `Jobs`, so that this is the one
place where a head-end that only reads refuses.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

from metertui.engine.base import Outcome, refused
from metertui.engine.core import Batch, Engine
from metertui.engine.errors import OwnedError
from metertui.headend import memory
from metertui.headend.commit_loop import CommitLoop, Lane

T = TypeVar("T")
R = TypeVar("R")
_SURE: Final = 4
"""Threads that no question keeps: day close, billing run and change of accounts take one each, and one is left for
logins. So many are busy only while so much is to be done, and ingest has no more company than that.
"""
BUILDERS: Final = 1
"""Threads that build the parts of the index; docs/benchmarks.md says why there are no more."""


class Jobs:
    """Runs functions in threads and between batches. All methods are called on the event loop.

    With `why_read_only`, which gives a sentence that names the owner of the folder, all that writes raises OwnedError.
    `before_writing` is called before anything is written, each time; it may raise MeterError.
    """

    def __init__(
        self,
        engine: Engine,
        why_read_only: Callable[[], str] | None = None,
        before_writing: Callable[[], object] = tuple,
    ) -> None:
        self.engine = engine
        self.background: set[asyncio.Task[Any]] = set()
        """Work that runs to completion even if its caller is cancelled."""
        self._why_read_only = why_read_only
        self._before_writing = before_writing
        self._writer = ThreadPoolExecutor(1, "metertui-log")
        self._workers = ThreadPoolExecutor(2, "metertui-work")
        self._sure = ThreadPoolExecutor(_SURE, "metertui-sure")
        self._searcher = ThreadPoolExecutor(1, "metertui-search")
        self._builders = ThreadPoolExecutor(BUILDERS, "metertui-index")
        self.commit_loop = CommitLoop(engine, self._writer)

    # -- writing -----------------------------------------------------------------------------------------------

    @property
    def read_only(self) -> bool:
        """Return whether another process owns the folder."""
        return self._why_read_only is not None

    def check_writable(self) -> None:
        """Raise OwnedError if another process owns the folder."""
        if self._why_read_only is not None:
            raise OwnedError(self._why_read_only())

    def begin_to_write(self) -> None:
        """Call what is to be done before anything is written. Raises OwnedError, MeterError.

        For work that writes in a thread of its own; the methods here do it themselves.
        """
        self.check_writable()
        self._before_writing()

    def submit(self, lane: Lane) -> None:
        """Queue a lane that has input. Raises OwnedError."""
        self.begin_to_write()
        self.commit_loop.submit(lane)

    async def commit_request(self, request: Callable[[Batch], Outcome]) -> Outcome:
        """Commit one request from inside the program; one of a read-only head-end is refused as `denied`."""
        try:
            self.begin_to_write()
        except OwnedError as error:
            return refused("denied", str(error))
        return await self.commit_loop.commit_request(request)

    @asynccontextmanager
    async def between_batches(self) -> AsyncIterator[None]:
        """Keep ingest from building or writing a batch during the block. Raises OwnedError."""
        self.begin_to_write()
        async with self.commit_loop.between_batches:
            yield

    async def write(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in the one thread that writes. Raises OwnedError."""
        self.begin_to_write()
        return await asyncio.wrap_future(self.append(function, *args))

    async def write_between_batches(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in the thread that writes, between two batches. Raises OwnedError."""
        async with self.between_batches():
            return await self.write(function, *args)

    def append(self, function: Callable[..., T], *args: object) -> Future[T]:
        """Queue `function(*args)` in the thread that writes, for a log that read-only processes append to as well."""
        return self._writer.submit(function, *args)

    def audit(self, by: str, action: str, subject: str, detail: str) -> None:
        """Append to `audit.log` who did what."""
        now = self.engine.clock.now()
        self.append(self.engine.audit.write_entry, self.engine.zone.iso(now), by, action, subject, detail)

    # -- reading -----------------------------------------------------------------------------------------------

    async def compute(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(*args)` in a thread for heavy work, and release the memory that it has used."""
        return await self._compute_in(self._workers, function, *args)

    async def compute_at_once(self, function: Callable[..., T], *args: object) -> T:
        """Do the same in a thread that no question keeps: for work that a person or the clock has to rely on."""
        return await self._compute_in(self._sure, function, *args)

    @staticmethod
    async def _compute_in(threads: ThreadPoolExecutor, function: Callable[..., T], *args: object) -> T:
        def work() -> T:
            try:
                return function(*args)
            finally:
                memory.release_freed()

        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def ask(self, function: Callable[..., T], *args: object) -> T:
        """Run `function(frozen, *args)` in a thread for heavy work; `frozen` are all readings as of now."""
        view = self.engine.view()
        return await self.compute(lambda: function(view.frozen(), *args))

    async def look_up(self, function: Callable[..., T | None], *args: object) -> T:
        """Run `function(*args, stop=...)` in a thread for searches, so that they do not wait for heavy work.

        If the caller is cancelled, `stop()` becomes true; only then may the function return None.
        """
        given_up = threading.Event()
        call = partial(function, *args, stop=given_up.is_set)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._searcher, call)
        except asyncio.CancelledError:
            given_up.set()
            raise
        assert found is not None
        return found

    def run_parts(self, function: Callable[[T], R], parts: Iterable[T], /) -> Iterable[R]:
        """Call a function with each of some arguments in the threads that build the index; the results in order.

        For other threads than those and the event loop.
        """
        return self._builders.map(function, parts)

    # -- life --------------------------------------------------------------------------------------------------

    def start_background(self, work: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Start work that `stop` waits for."""
        task = asyncio.create_task(work, name=name or None)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def run_to_completion(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work to its end even if the caller is cancelled."""
        return await asyncio.shield(self.start_background(work))

    async def stop(self) -> None:
        """Wait for the work in the background, and end the threads."""
        await asyncio.gather(*self.background, return_exceptions=True)
        self._writer.shutdown()
        self._workers.shutdown(cancel_futures=True)
        self._sure.shutdown()
        self._searcher.shutdown(cancel_futures=True)
        self._builders.shutdown()
