"""The parser under bytes that a coverage-guided fuzzer makes up: `python tests/fuzz_protocol.py [seconds]`.

Not run by pytest. Whatever comes, in whatever pieces: no exception, the same requests as line by line and in one
piece, and one refusal for a line that is too long, nothing from inside it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

SEEDS = (
    b"READ m-1 144.5\nREAD m-1 145 2025-02-19T00:30:00+08:00\r\nread m-1 146 2025-02-19 01:00\n",
    b'REGISTER m-1 address="1 Quay \xc3\xa9" region=East postcode=0123 apartment_type="4-room"\nPING\nHELP\n',
    b"AUTH north secret\nSTOPSERVER\nQUIT\nPING now\n\n \t\nNONSENSE\n\xff\n",
    b"READ " + b"9" * 1100 + b"\nPING\n" + b"x" * 1023 + b"\r\nQUIT",
)
LIMITS = (24, 64, 1024)
ALL = 1_000_000


def requests(protocol: Any, limit: int, pieces: list[bytes], budget: int = ALL) -> list[Any]:
    """What a parser makes of these pieces and the end of the stream."""
    parser = protocol.Parser(limit)
    found: list[Any] = []
    for piece in pieces:
        parser.feed(piece)
        while parser.may_have_line:
            found += parser.take_requests(budget)
    parser.end_input()
    while parser.may_have_line:
        found += parser.take_requests(budget)
    assert parser.bytes_waiting == 0, f"{parser.bytes_waiting} bytes were left over"
    return found


def check(protocol: Any, limit: int, data: bytes, cuts: list[int], budget: int) -> None:
    """Raises AssertionError where pieces, lines and the whole do not mean the same."""
    whole = requests(protocol, limit, [data])
    marks = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(marks)]
    assert requests(protocol, limit, pieces, budget) == whole, "pieces mean something else than the whole"
    single: list[Any] = []
    for raw in data.split(b"\n"):
        of_line = requests(protocol, limit, [raw + b"\n"])
        too_long = [request for request in of_line if isinstance(request, protocol.Bad) and request.code == "too-long"]
        assert len(of_line) <= 1, "a line is more than one request"
        assert bool(too_long) == (len(raw) >= limit), "the limit is not where it should be"
        single += of_line
    assert single == whole, "lines mean something else than the whole"
    for request in whole:
        # what is not UTF-8 is kept with four characters for a byte
        room = 4 * limit if isinstance(request, protocol.Bad) else limit - 1
        assert len(request.line.encode()) <= room, "a request's line is longer than a line may be"


def fuzz(folder: str, seconds: str) -> None:
    """Feed the parser until the time is over. Does not return: the fuzzer ends the process."""
    atheris = importlib.import_module("atheris")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    with atheris.instrument_imports(include=["metertui.server.protocol"]):
        protocol = importlib.import_module("metertui.server.protocol")

    def one(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        limit = LIMITS[provider.ConsumeIntInRange(0, len(LIMITS) - 1)]
        budget = provider.ConsumeIntInRange(1, 40)
        cuts = [provider.ConsumeIntInRange(0, 2047) for _ in range(provider.ConsumeIntInRange(0, 12))]
        check(protocol, limit, provider.ConsumeBytes(len(data)), cuts, budget)

    found = Path(tempfile.gettempdir()) / "metertui-fuzz-"
    options = [f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={found}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, folder], one)
    atheris.Fuzz()


def main() -> int:
    """Run the fuzzer in a process of its own, as it ends the one that it runs in."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    if not seconds.isdigit() or seconds == "0":
        print("usage: python tests/fuzz_protocol.py [seconds]", file=sys.stderr)
        return 2
    try:
        importlib.import_module("atheris")
    except ImportError:
        print("the fuzzer needs atheris: pip install atheris, in a virtual environment of its own", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            (Path(folder) / f"seed-{number}").write_bytes(seed + bytes(32))  # limit and cuts are read from the end
        return subprocess.run([sys.executable, __file__, "--in", folder, seconds], check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in"]:
        fuzz(*sys.argv[2:])
    else:
        sys.exit(main())
