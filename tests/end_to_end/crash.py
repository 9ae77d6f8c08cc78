"""A server that is killed again and again, and what must be left of all that it had answered.

Concentrators stream readings over connections of their own. At a moment that nobody chose the process is killed, and
what was answered is compared with the files of the folder, with the engine's answers, and with what the next start
makes of them. The folder goes on from kill to kill.

    python -m tests.end_to_end.crash --rounds 200
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from metertui.engine.base.config import Rules
from metertui.engine.base.windows import window_of_days
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.maintenance.check import check_folder
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.engine.usage.readings_table import ReadingTables
from tests.clock import FakeClock
from tests.end_to_end.process import ENVIRONMENT, Server, asked, metertui
from tests.patience import PATIENCE

RULES: Final = Rules(zone=SiteZone("Asia/Singapore"))
FIRST: Final = datetime(2025, 3, 1)
SPACING: Final = timedelta(minutes=20)
DAYS: Final = (date(2025, 2, 28), date(2026, 2, 28))
"""All readings lie in these days. The one at the first midnight closes the day before."""

_CONNECTIONS: Final = 4
_WINDOWS: Final = (1, 8, 64, 512)
"""Requests that a concentrator lets wait for their replies."""
_REPLIES: Final = 1500
"""A server lives for fewer replies than these."""
_CLOSING: Final = 0.6
"""The share of rounds with a day close."""
_LONGEST_TURN: Final = 0.01
"""Seconds, somewhere in which a kill falls after the last reply that was waited for."""
_LONGEST_CLOSE: Final = 0.08
"""The same after a day close has set the log aside; the rest of it takes about as long."""
_LATEST_SEAL: Final = 0.2
"""Seconds after which nobody waits for a day close to begin any more."""
_START: Final = 0.7
"""Seconds that a start may take."""
_FOLDER_ROUNDS: Final = 20
"""Rounds that the soak plays on one folder, and after which it tells."""


@dataclass(frozen=True)
class Request:
    """A line to send, how its reply begins, and what it leaves in the files if it is taken."""

    line: str
    reply: str
    reading: str = ""
    """A line of the log or of a day file."""
    account: tuple[str, ...] = ()
    """A row of `users.csv`, as far as others know it."""

    def answered_by(self, reply: str) -> bool:
        """Whether this is a reply that it may get."""
        if self.reply == "OK":
            return reply == "OK" or reply.startswith("OK suspect: ")
        return reply.startswith(self.reply)


@dataclass
class Meter:
    """A register that rises evenly."""

    name: str
    base: int
    slot: int = 0
    late: list[int] = field(default_factory=list)
    """Slots whose readings are sent after newer ones."""

    def register(self, slot: int) -> int:
        """Its register in Wh."""
        return self.base + 70 * slot


class Concentrator:
    """Some meters behind one connection. After a kill it goes on where the replies ended."""

    def __init__(self, name: str, choose: random.Random) -> None:
        self._name = name
        self._choose = choose
        self._meters: list[Meter] = []
        self._readings: list[tuple[Meter, int, Request]] = []
        self._odd = 0
        self.queue: deque[Request] = deque()

    def fill(self, count: int) -> None:
        """Have so many requests to send."""
        while len(self.queue) < count:
            self.queue.append(self._next())

    def take_back(self, unanswered: Iterable[Request], stored: set[str], accounts: set[tuple[str, ...]]) -> None:
        """What was not answered is sent again, as a meter does; what is stored already must be known then."""
        again = []
        for request in unanswered:
            if request.reading in stored:
                again.append(replace(request, reply="OK duplicate"))
            elif request.account in accounts:
                again.append(replace(request, reply="ERR already-registered: "))
            else:
                again.append(request)
        self.queue.extendleft(reversed(again))

    def _next(self) -> Request:
        choose = self._choose
        roll = choose.random()
        if not self._meters or roll < 0.01:
            return self._register()
        meter = choose.choice(self._meters)
        if roll < 0.04:
            return self._refused(meter)
        if roll < 0.09 and self._readings:
            meter, slot, request = choose.choice(self._readings)
            if roll < 0.07:
                return replace(request, reply="OK duplicate")
            return Request(f"READ {meter.name} {_kwh(meter.register(slot) + 1)} {_stamp(slot)}\n", "ERR conflict: ")
        if roll < 0.11:  # a register that fell: stored, though perhaps not counted
            return self._reading(meter, self._slot(meter), 1)
        if roll < 0.16:
            meter.late.append(self._slot(meter))
        elif roll < 0.22 and meter.late:
            slot = meter.late.pop(choose.randrange(len(meter.late)))
            return self._reading(meter, slot, meter.register(slot))
        slot = self._slot(meter)
        return self._reading(meter, slot, meter.register(slot))

    def _slot(self, meter: Meter) -> int:
        meter.slot += 1
        return meter.slot - 1

    def _register(self) -> Request:
        meter = Meter(f"{self._name}-{len(self._meters)}", self._choose.randrange(2, 1_000_000))
        self._meters.append(meter)
        number = len(self._meters)
        row = (meter.name, f"{number} Elm Street, #0{number}-1", "North West", "Hill", f"10{number}", "3-room")
        line = f'REGISTER {row[0]} address="{row[1]}" region="{row[2]}" sub_region={row[3]} '
        return Request(f"{line}postcode={row[4]} apartment_type={row[5]}\n", "OK", account=row)

    def _reading(self, meter: Meter, slot: int, wh: int) -> Request:
        stamp = _stamp(slot)
        written = self._choose.choice((stamp, stamp.replace("T", " "), f"{stamp}+08:00"))
        line = f"READ {meter.name} {_kwh(wh)} {written}\n"
        request = Request(line, "OK", reading=f"{meter.name},{stamp}+08:00,{_kwh(wh)}")
        if wh > 1:
            self._readings.append((meter, slot, request))
        return request

    def _refused(self, meter: Meter) -> Request:
        """A line that must leave nothing."""
        self._odd += 1
        name, stamp = f"{self._name}-odd{self._odd}", _stamp(meter.slot)
        line, code = self._choose.choice(
            (
                (f"READ {name} 1 {stamp}", "not-registered"),
                (f"READ {meter.name} 1,5 {stamp}", "bad-reading"),
                (f"READ {meter.name} 1 2025-02-30T00:00:00", "bad-timestamp"),
                (f"READ {meter.name} 1 2190-01-01T00:00:00", "future-timestamp"),
                (f'READ {meter.name} "1 {stamp}', "syntax"),
                (f"WRITE {meter.name} 1 {stamp}", "unknown-command"),
                (f"REGISTER {meter.name} region=South", "already-registered"),
                (f"REGISTER {name} colour=red", "bad-field"),
            )
        )
        return Request(f"{line}\n", f"ERR {code}: ")


class Stopper:
    """Whoever asks for the day close, once."""

    def __init__(self) -> None:
        self.queue = deque([Request("STOPSERVER\n", "OK closed ")])


@dataclass
class Totals:
    """What became of everything that was sent."""

    rounds: int = 0
    in_close: int = 0
    """Kills that fell in a day close."""
    torn: int = 0
    """Kills that left a torn line."""
    sent: int = 0
    ok: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    unanswered: int = 0
    """Stored, though the reply never came."""
    faults: list[str] = field(default_factory=list)
    """Everything else that was not as it should be, a sentence each."""

    @property
    def sound(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.faults)

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds ({self.in_close} killed in a day close, {self.torn} with a torn line), "
            f"{self.sent} readings sent, {self.ok} answered OK, {self.refused} refused, {self.lost} lost, "
            f"{self.doubled} doubled, {self.unanswered} unanswered but stored"
            + (f", {len(self.faults)} other faults" if self.faults else "")
        )


class Client:
    """A connection that keeps at most `window` requests without a reply."""

    def __init__(self, connection: socket.socket, source: Concentrator | Stopper, window: int, ledger: Ledger) -> None:
        self.connection = connection
        self.source = source
        self.waiting: deque[Request] = deque()
        self._window = window
        self._ledger = ledger
        self._out = b""
        self._in = b""
        connection.setblocking(False)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def fileno(self) -> int:
        """For `select`."""
        return self.connection.fileno()

    def has_output(self) -> bool:
        """Whether it has something to send."""
        room = self._window - len(self.waiting)
        requests = [self.source.queue.popleft() for _ in range(min(room, len(self.source.queue)))]
        self._ledger.send(requests)
        self.waiting.extend(requests)
        self._out += "".join(request.line for request in requests).encode()
        return bool(self._out)

    def send(self) -> None:
        """As much as there is room for."""
        self._out = self._out[self.connection.send(self._out) :]

    def receive(self) -> int:
        """Take the replies that are there; how many. Raises OSError where the server is gone without a word."""
        data = self.connection.recv(1 << 16)
        if not data:
            raise ConnectionResetError
        *replies, self._in = (self._in + data).split(b"\n")
        for reply in replies:
            self._ledger.answer(self.waiting.popleft(), reply.decode())
        return len(replies)

    def drain(self) -> None:
        """Take the replies that a server sent before it was killed."""
        self.connection.settimeout(PATIENCE)
        try:
            while True:
                self.receive()
        except TimeoutError:
            raise
        except OSError:
            pass


class Ledger:
    """What was sent and what was answered, against what is stored."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._sent: set[str] = set()
        self._sent_accounts: set[tuple[str, ...]] = set()
        self.kept: set[str] = set()
        """Readings that were answered OK, or were there once after a kill."""
        self.kept_accounts: set[tuple[str, ...]] = set()

    def fault(self, what: str) -> None:
        """Something is not as it should be."""
        self.totals.faults.append(f"round {self.totals.rounds}: {what}")

    def send(self, requests: Sequence[Request]) -> None:
        """These go out."""
        self.totals.sent += sum(request.line.startswith("READ") for request in requests)
        self._sent.update(request.reading for request in requests if request.reading)
        self._sent_accounts.update(request.account for request in requests if request.account)

    def answer(self, request: Request, reply: str) -> None:
        """This came back."""
        if not request.answered_by(reply):
            self.fault(f"{request.line.strip()!r} was answered {reply!r} and not {request.reply!r}")
        if reply.startswith("OK"):
            self.totals.ok += bool(request.reading)
            if request.reading:
                self.kept.add(request.reading)
            if request.account:
                self.kept_accounts.add(request.account)
        else:
            self.totals.refused += 1

    def compare(self, lines: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
        """Lines of log and day files, and rows of `users.csv`: each that was answered, once, and no other."""
        totals, stored, accounts = self.totals, set(lines), set(rows)
        totals.lost += len(self.kept - stored) + len(self.kept_accounts - accounts)
        totals.doubled += len(lines) - len(stored) + len(rows) - len({row[0] for row in rows})
        totals.unanswered += len(stored - self.kept)
        for stranger in sorted(stored - self._sent):
            self.fault(f"{stranger!r} is stored, and nobody sent it, or it was refused")
        for row in sorted(accounts - self._sent_accounts):
            self.fault(f"{row} is registered, and nobody sent it, or it was refused")
        self.kept |= stored & self._sent
        self.kept_accounts |= accounts & self._sent_accounts


class Campaign:
    """Rounds of streaming, a kill and a start on one folder; equal seeds send equal things."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._sealed = folder / "log.sealed.txt"
        self._choose = random.Random(seed)
        self._ledger = Ledger()
        self._sources = [Concentrator(f"c{n}", self._choose) for n in range(_CONNECTIONS)]
        self._server = Server(folder)

    @property
    def totals(self) -> Totals:
        """The figures so far."""
        return self._ledger.totals

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server.process.poll() is None:
            self._server.kill()

    def round(self) -> None:
        """Stream, kill, look, start again, look again."""
        self.totals.rounds += 1
        clients = self._stream_and_kill()
        log = self._folder / "log.txt"
        self.totals.in_close += self._sealed.exists()
        self.totals.torn += log.exists() and log.read_bytes()[-1:] not in (b"", b"\n")
        self._compare_beside("before the start")
        if self._choose.random() < 0.2:
            _start_and_kill(self._folder, self._choose.uniform(0.2, _START))
        self._server = Server(self._folder)
        lines, rows = self._lines(), _accounts(self._folder)
        self._ledger.compare(lines, rows)
        for client in clients:
            if isinstance(client.source, Concentrator):
                client.source.take_back(client.waiting, set(lines), set(rows))
        if self._sealed.exists():
            self._ledger.fault("the sealed log is still there after the start")
        self._compare_beside("after the start")

    def _stream_and_kill(self) -> list[Client]:
        """The clients, with what they have no reply to."""
        choose, server = self._choose, self._server
        for source in self._sources:
            source.fill(2 * _REPLIES)
        clients = [Client(server.connect(), source, choose.choice(_WINDOWS), self._ledger) for source in self._sources]
        enough, closing = choose.randrange(1, _REPLIES), choose.random() < _CLOSING
        lapse = choose.uniform(0, _LONGEST_CLOSE if closing else _LONGEST_TURN)
        began = time.monotonic()
        replies = 0
        while replies < enough:
            replies += _exchange(clients)
            if time.monotonic() > began + PATIENCE:
                raise AssertionError(f"{replies} replies in {PATIENCE} s")
        if closing:
            clients.append(Client(server.connect(), Stopper(), 1, self._ledger))
            latest = time.monotonic() + _LATEST_SEAL
            while time.monotonic() < latest and not self._sealed.exists():
                _exchange(clients)
        moment = time.monotonic() + lapse
        while time.monotonic() < moment:
            _exchange(clients)
        server.kill()
        for client in clients:
            with client:
                client.drain()
        return clients

    # -- what is there ---------------------------------------------------------------------------------------

    def _lines(self) -> list[str]:
        """Every reading of the log and the day files, as it stands there."""
        lines = (self._folder / "log.txt").read_text().splitlines()
        for path in sorted(self._folder.glob("archive/*/*.csv")):
            header, *of_day = path.read_text().splitlines()
            day = f"{path.parent.name}-{path.stem.replace('_', '-')}"
            if header != "identifier,timestamp,usage" or any(line.split(",")[1][:10] != day for line in of_day):
                self._ledger.fault(f"{path.name} holds what is not of its day")
            lines += of_day
        return lines

    def _compare_beside(self, when: str) -> None:
        """What a reader beside it all is told: exactly what is kept, once; more only before a start looked at it."""
        kept = {_fields(line) for line in self._ledger.kept}
        engine = Engine.open_readonly(self._folder, RULES, FakeClock("2025-04-01T00:00:00"))
        frozen = engine.view().frozen()
        parts = list(ReadingTables(frozen, Question(*DAYS)).pieces())
        names = ["identifier", "timestamp", "reading_kwh"]
        table = [row for part in parts for row in part[names].itertuples(index=False, name=None)]
        told = Counter((meter, time.isoformat(), kwh) for meter, time, kwh in table)
        if lost := kept - told.keys():
            self._ledger.fault(f"{when} the export lacks {len(lost)} readings, {min(lost)} for one")
        if len(told) < len(table):
            self._ledger.fault(f"{when} the export has {len(table) - len(told)} readings twice")
        if when == "before the start":
            return
        if more := told.keys() - kept:
            self._ledger.fault(f"{when} the export has {len(more)} readings too many, {min(more)} for one")
        of_meter = Counter(meter for meter, _, _ in kept)
        by_meter = usage_table(frozen, Question(*DAYS, by=("meter",)))
        if dict(zip(by_meter["meter"], by_meter["readings"].tolist(), strict=True)) != of_meter:
            self._ledger.fault(f"{when} the table by meter counts other readings")
        window = window_of_days(*DAYS, RULES.zone)
        for meter, count in of_meter.items():
            if (found := engine.usage(meter, window).readings) != count:
                self._ledger.fault(f"{when} {meter} has {found} readings, and not {count}")
        for proof in check_folder(self._folder, RULES, lambda _: None):
            for problem in proof.problems:
                self._ledger.fault(f"{when} check says: {problem}")

    def compare_commands(self) -> None:
        """The same questions once more, as a user asks them."""
        first, last = (day.isoformat() for day in DAYS)
        metertui(self._folder, "check")
        kept = {_fields(line) for line in self._ledger.kept}
        of_meter = Counter(meter for meter, _, _ in kept)
        table = asked(self._folder, "query", "--from", first, "--to", last, "--by", "meter")
        if {row["meter"]: row["readings"] for row in table} != of_meter:
            self._ledger.fault("metertui query counts other readings")
        for meter in sorted(of_meter)[:2]:
            used = asked(self._folder, "usage", meter, "--from", first, "--to", last)
            if used["readings"] != of_meter[meter]:
                self._ledger.fault(f"metertui usage {meter} counts {used['readings']} readings")
        out = self._folder.with_name(f"{self._folder.name}.csv")
        metertui(self._folder, "export", "--from", first, "--to", last, "-o", str(out))
        with out.open(newline="") as file:
            rows = [(row["identifier"], row["timestamp"], float(row["reading_kwh"])) for row in csv.DictReader(file)]
        if len(rows) != len(kept) or set(rows) != kept:
            self._ledger.fault(f"metertui export has {len(rows)} readings, and {len(kept)} are kept")


def _exchange(clients: list[Client]) -> int:
    """Send and receive once; how many replies came."""
    ready, free, _ = select.select(clients, [client for client in clients if client.has_output()], [], 0.002)
    for client in free:
        client.send()
    return sum(client.receive() for client in ready)


def _fields(line: str) -> tuple[str, str, float]:
    meter, stamp, kwh = line.split(",")
    return meter, stamp, float(kwh)


def _accounts(folder: Path) -> list[tuple[str, ...]]:
    """Rows of `users.csv`, the columns that other programs know; none before the first account."""
    path = folder / "users.csv"
    rows = list(csv.reader(io.StringIO(path.read_text()))) if path.exists() else []
    return [tuple(row[:6]) for row in rows[1:]]


def _start_and_kill(folder: Path, seconds: float) -> None:
    """A start that is killed before it is ready, or just then."""
    command = [sys.executable, "-m", "metertui", "serve", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=ENVIRONMENT) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


def _stamp(slot: int) -> str:
    return (FIRST + slot * SPACING).isoformat()


def _kwh(wh: int) -> str:
    return f"{wh // 1000}.{wh % 1000:03d}".rstrip("0").rstrip(".")


def play(folder: Path, seed: int, rounds: int) -> Totals:
    """So many rounds on one folder, or up to the first that breaks a promise, and what became of everything."""
    with Campaign(folder, seed) as campaign:
        while campaign.totals.rounds < rounds and campaign.totals.sound:
            campaign.round()
        if campaign.totals.sound:
            campaign.compare_commands()
    return campaign.totals


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a server again and again; exit 1 if it ever lost a thing.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    total = Totals()
    while total.rounds < options.rounds:
        folder = Path(tempfile.mkdtemp(prefix="metertui-crash-"))
        played = play(folder / "data", options.seed + total.rounds, min(_FOLDER_ROUNDS, options.rounds - total.rounds))
        total = Totals(*(vars(total)[name] + vars(played)[name] for name in vars(total)))
        print(total, flush=True)
        if not played.sound:
            print(*played.faults[:20], f"the folder is kept: {folder}", sep="\n", file=sys.stderr)
            return 1
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
