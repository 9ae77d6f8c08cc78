"""The command line: the words, and who does what they say. Each command's own modules are loaded when it runs."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from metertui import __version__
from metertui.cli.errors import UsageError
from metertui.engine.attributes import ATTRIBUTES, FIELDS
from metertui.engine.errors import MeterError

_WINDOWS: Final = ("today", "yesterday", "week", "month", "year", "last_month", "last_half_hour")
_FORMATS: Final = ("table", "csv", "json")
_FORMS: Final = ("auto", "log", "day", "wide")
_KEYS: Final = ",".join(("year,quarter,month,week,day,hour,weekday,hour_of_day", *ATTRIBUTES, "meter"))
_OPTIONS: Final = argparse.SUPPRESS
"""The default of what may stand before or after a command: the later one must not undo the earlier."""


def run(words: Sequence[str]) -> int:
    """Do what the words say; the exit code: 0, 1 for a failed operation, 2 for wrong usage."""
    options = parser().parse_args(_joined(words))
    module, _, function = options.run.partition(":")
    try:
        code = getattr(importlib.import_module(f"metertui.cli.{module}"), function)(options)
        sys.stdout.flush()
        return int(code or 0)
    except UsageError as error:
        print(f"metertui: {error}", file=sys.stderr)
        return 2
    except MeterError as error:
        print(f"metertui: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has seen enough
        return 0
    except KeyboardInterrupt:
        return 130
    finally:
        logging.shutdown()


def _joined(words: Sequence[str]) -> list[str]:
    """`--sort -usage_kwh` as `--sort=-usage_kwh`: its value may begin with what begins options elsewhere."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--sort":
            joined[-1] = f"--sort={word}"
        else:
            joined.append(word)
    return joined


def _flag(name: str) -> str:
    """Return the option of an account's field."""
    return f"--{name.replace('_', '-')}"


def _port(text: str) -> int:
    """The number of a TCP port. Raises ArgumentTypeError."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; one is a number from 0 to 65535")


class Parser(argparse.ArgumentParser):
    """Errors in one line, no abbreviations, and options between a command's words where it is `intermixed`."""

    intermixed = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.intermixed:
            self.intermixed = False  # it is built on this very function
            try:
                return self.parse_known_intermixed_args(args, namespace)
            finally:
                self.intermixed = True
        return super().parse_known_args(args, namespace)


class _FormOrFormat(argparse.Action):
    """The `--format` of an import: its words say which of the two is meant."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, "form" if values in _FORMS else "format", values)


def parser() -> Parser:
    """The whole grammar."""
    everywhere = Parser(add_help=False, argument_default=_OPTIONS)
    everywhere.add_argument("--data", metavar="DIR", help="the data folder (METERTUI_DATA; default ./data)")
    shown = Parser(add_help=False, argument_default=_OPTIONS)
    shown.add_argument("--format", choices=_FORMATS, help="how to print it (default table)")
    address = Parser(add_help=False, argument_default=_OPTIONS)
    address.add_argument("--host", metavar="H", help="the server's address (default 127.0.0.1)")
    address.add_argument("--port", metavar="P", type=_port, help="its TCP port (default 7007; 0: a free one)")
    at = Parser(add_help=False)
    at.add_argument("--at", metavar="T", help="a timestamp that stands for now")
    dates = Parser(add_help=False)
    dates.add_argument("--from", dest="first", metavar="D", help="the first day, YYYY-MM-DD")
    dates.add_argument("--to", dest="last", metavar="D", help="the last day, included")
    filters = Parser(add_help=False)
    filters.add_argument("--meter", metavar="M", default="")
    for name in ATTRIBUTES:
        filters.add_argument(_flag(name), metavar=name[0].upper(), default="")
    filters.add_argument(
        "--time", metavar="T", default="", help="only at a time of day of the local clock, 18:00-20:00 or 22:00-06:00"
    )

    top = Parser(
        prog="metertui",
        description="The desk for electricity meters in one terminal. Without a command: the screens, and the server.",
        parents=[everywhere, shown, address],
    )
    top.add_argument("--version", action="version", version=f"metertui {__version__}")
    top.set_defaults(run="screens:screens")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, does: str, what: str, *parents: Parser) -> Parser:
        made = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.", parents=list(parents))
        made.set_defaults(run=does)
        return made

    command("tui", "screens:screens", "the screens, and the server in the same process", everywhere, address)
    command("serve", "serve:serve", "the server without screens; log lines on standard error", everywhere, address)
    command("demo", "demo:demo", "all of it on a temporary data folder, nothing to prepare")

    simulate = command("simulate", "simulate:simulate", "meters that speak to a server", everywhere, shown, address)
    simulate.add_argument("--meters", metavar="N", type=int, required=True)
    simulate.add_argument("--register", action="store_true", help="register the meters first")
    simulate.add_argument("--from", dest="first", metavar="T", help="play readings from this time, as fast as they go")
    simulate.add_argument("--to", dest="last", metavar="T", help="to this time")
    simulate.add_argument("--live", action="store_true", help="send readings of now, until interrupted")
    simulate.add_argument("--interval", metavar="I", default="30m", help="between two readings: 30m, 15m, 10s, 1h")
    simulate.add_argument("--speed", metavar="X", type=float, default=1.0, help="with --live, X times as often")
    simulate.add_argument("--connections", metavar="C", type=int, default=1)
    simulate.add_argument("--seed", metavar="S", type=int, default=1)
    simulate.add_argument("--seconds", metavar="S", type=float, help="with --live, end after so long")

    generate = command(
        "generate", "simulate:generate", "synthetic history in a file; equal seeds give equal files", everywhere
    )
    generate.add_argument("--meters", metavar="N", type=int, required=True)
    generate.add_argument("--from", dest="first", metavar="D", required=True, help="the first day, YYYY-MM-DD")
    generate.add_argument("--to", dest="last", metavar="D", required=True, help="the last day, included")
    generate.add_argument("--interval", metavar="I", default="30m")
    generate.add_argument("--seed", metavar="S", type=int, default=1)
    generate.add_argument(
        "-o", dest="out", metavar="FILE", required=True, help="*.log and *.txt: log lines; else the wide CSV"
    )

    taken = command("import", "imports:import_files", "history into the archive", everywhere)
    taken.add_argument("files", metavar="FILE", nargs="+")
    taken.set_defaults(form="auto")
    taken.add_argument(
        "--format",
        action=_FormOrFormat,
        choices=(*_FORMS, *_FORMATS),
        default=_OPTIONS,
        metavar=f"{{{','.join(_FORMS)}}}",
        help="what the files are (default auto: found out); table, csv or json say how to print the report",
    )

    usage = command("usage", "queries:usage", "what a meter used", everywhere, shown, at, dates)
    usage.intermixed = True
    usage.add_argument("meter", metavar="METER")
    usage.add_argument("window", metavar="WINDOW", nargs="?", help=f"{', '.join(_WINDOWS)} (default month)")

    why = command(
        "explain", "explain:explanation", "what a usage rests on: readings, their files and lines, shares, sums",
        everywhere, shown, at, dates,
    )  # fmt: skip
    why.intermixed = True
    why.add_argument("meter", metavar="METER")
    why.add_argument("window", metavar="WINDOW", nargs="?", help=f"{', '.join(_WINDOWS)} (default month)")
    why.add_argument("--month", metavar="YYYY-MM", help="the window of a bill")

    bill = command("bill", "bills:bill", "the bill of a month", everywhere, shown, at)
    bill.add_argument("meter", metavar="METER", nargs="?")
    bill.add_argument("--all", action="store_true", help="of every meter, into a CSV")
    bill.add_argument("--month", metavar="YYYY-MM", help="the month (default the last one)")
    bill.add_argument("-o", dest="out", metavar="FILE")
    bill.add_argument("--issue", action="store_true", help="keep them as issued, and what changed since as differences")

    query = command("query", "queries:query", "usage of many meters", everywhere, shown, dates, filters)
    query.add_argument("--readings", action="store_true", help="the readings themselves, one by one")
    query.add_argument("--by", metavar="K[,K]", default="", help=f"rows by {_KEYS}")
    query.add_argument("--sort", metavar="K", default="", help="a column; -K for descending")
    query.add_argument("--limit", metavar="N", type=int, default=0)

    export = command(
        "export", "queries:export", "readings into a table: .csv, .parquet or .xlsx", everywhere, dates, filters
    )
    export.add_argument("-o", dest="out", metavar="FILE", required=True)

    again = command("replay", "replay:replay", "past usage under a proposed tariff", everywhere, shown, dates)
    again.add_argument("--tariff", metavar="FILE", required=True, help="what is proposed, in the form of tariffs.csv")
    again.add_argument("--by", metavar="K[,K]", default="apartment_type,region", help="rows by apartment_type,region")

    users = command("users", "users:users", "accounts", everywhere, shown)
    verbs = users.add_subparsers(dest="verb", metavar="VERB", required=True)
    listed = verbs.add_parser("list", help="all of them, or those that contain a text", parents=[everywhere, shown])
    listed.add_argument("text", nargs="?", default="")
    for verb, what in (
        ("show", "one account, with its attributes in time and what was decided about it"),
        ("register", "a new account"),
        ("modify", "change fields from now on"),
        ("deactivate", "refuse its readings from now on"),
        ("reactivate", "take its readings again"),
    ):
        made = verbs.add_parser(verb, help=what, parents=[everywhere, shown])
        made.add_argument("meter", metavar="METER")
        if verb in ("register", "modify"):
            for name in FIELDS:
                made.add_argument(_flag(name))
        if verb == "modify":
            made.add_argument(
                "--from",
                dest="since",
                metavar="T",
                help="a day or time in the past: a move told late, or the last one put right",
            )
        if verb in ("deactivate", "reactivate"):
            made.add_argument("--reason", metavar="R", help="why; it stands in events.csv and audit.log")

    admins = command("admins", "users:admins", "staff accounts", everywhere, shown)
    verbs = admins.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("list", help="all of them", parents=[everywhere, shown])
    made = verbs.add_parser("add", help="add one, or change role and password; asks for it", parents=[everywhere])
    made.add_argument("email", metavar="EMAIL")
    made.add_argument("--role", choices=("operator", "government"), required=True)
    made = verbs.add_parser("remove", help="remove one", parents=[everywhere])
    made.add_argument("email", metavar="EMAIL")

    about = Parser(add_help=False)
    about.add_argument("meter", metavar="METER")
    about.add_argument("--reason", metavar="R", required=True, help="why; it stands in events.csv and audit.log")
    about.add_argument("--undo", action="store_true", help="take it back")
    void = command("void", "corrections:void", "do not count a reading", everywhere, shown, about)
    void.add_argument("time", metavar="TIME", help="when it was read")
    release = command("release", "corrections:release", "count a suspect reading as it is", everywhere, shown, about)
    release.add_argument("time", metavar="TIME", help="when it was read")
    exchange = command("exchange", "corrections:exchange", "a meter's register was exchanged", everywhere, shown, about)
    exchange.add_argument("--final", metavar="KWH", help="what the old register showed last")
    exchange.add_argument("--initial", metavar="KWH", help="what the new register showed first")
    exchange.add_argument("--time", metavar="T", required=True, help="when")

    odd = command(
        "exceptions", "exceptions:exceptions", "what someone should look at, by cause and region, newest first",
        everywhere, shown, dates,
    )  # fmt: skip
    odd.add_argument("--cause", metavar="C", default="", help="suspect, reset, rejected, silent, gap, drift, …")
    odd.add_argument("--region", metavar="R", help="only of this region; '' for meters without")
    odd.add_argument("--meter", metavar="M", default="", help="part of a meter's id")
    which = odd.add_mutually_exclusive_group()
    which.add_argument("--open", action="store_true", help="those that nobody decided about (the default)")
    which.add_argument("--decided", action="store_true", help="those that someone decided about")
    which.add_argument("--all", action="store_true", help="both")
    odd.add_argument("--limit", metavar="N", type=int, default=100, help="how many at most (default 100)")
    odd.add_argument("--counts", action="store_true", help="how many there are of each cause")

    kept = command("backup", "backup:backup", "copy the data folder, while a server goes on too", everywhere)
    kept.add_argument("target", metavar="FILE", help="NAME.tar.zst, or a folder that is not there yet")
    back = command("restore", "backup:restore", "a data folder from a backup; writes over nothing", everywhere)
    back.add_argument("source", metavar="FILE", help="what `metertui backup` made")

    proof = command("check", "check:check", "read everything in the data folder and prove it", everywhere, shown)
    proof.add_argument(
        "--repair", action="store_true", help="first set broken lines aside, each beside its file in FILE.rejected"
    )
    return top
