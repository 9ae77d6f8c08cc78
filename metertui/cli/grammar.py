"""The grammar of the command line: commands, options and help. It loads nothing of the engine but names."""

from __future__ import annotations

import argparse
import re
from typing import Any, Final, NoReturn

from metertui import __version__
from metertui.engine.attributes import ATTRIBUTES, FIELDS
from metertui.engine.nearest import did_you_mean

WINDOWS: Final = ("today", "yesterday", "week", "month", "year", "last_month", "last_half_hour")
KEYS: Final = ("year", "quarter", "month", "week", "day", "hour", "weekday", "hour_of_day", *ATTRIBUTES, "meter")
_FORMATS: Final = ("table", "csv", "json")
_FORMS: Final = ("auto", "log", "day", "wide", "export")
_EITHER_SIDE: Final = argparse.SUPPRESS
"""The default of options that stand before or after a command: the second parser must keep what the first one set."""
_DASH: Final = "- is standard output, as CSV unless --format says otherwise"
_BOM: Final = "begin a CSV with a byte order mark, by which Excel knows UTF-8"
_REASON: Final = "why; kept in events.csv and audit.log"


class Parser(argparse.ArgumentParser):
    """Reports errors in one line, takes no abbreviations, and options between operands where it is `intermixed`."""

    intermixed = False

    def __init__(self, *args: Any, **options: Any) -> None:
        options = {"formatter_class": argparse.RawDescriptionHelpFormatter, **options, "allow_abbrev": False}
        super().__init__(*args, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}{self._meant(message)} (see {self.prog} --help)\n")

    def _meant(self, message: str) -> str:
        """Return what may have been meant where an error is about an unknown option or one of several words."""
        if found := re.search(r"unrecognized arguments: (-[^\s=]+)", message):
            return did_you_mean(found[1], self.every_option())
        if found := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            return did_you_mean(found[1], re.findall(r"[\w-]+", found[2]))
        return ""

    def every_option(self) -> set[str]:
        """Return the options of this parser and of its commands."""
        found = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found.update(*(each.every_option() for each in action.choices.values()))
        return found

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.intermixed:
            self.intermixed = False  # parse_known_intermixed_args calls this method
            try:
                return self.parse_known_intermixed_args(args, namespace)
            finally:
                self.intermixed = True
        return super().parse_known_args(args, namespace)


class _FormOrFormat(argparse.Action):
    """Takes the `--format` of an import, which names the form of the files or the format of the report."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, "form" if values in _FORMS else "format", values)


def _port(text: str) -> int:
    """Return the number of a TCP port. Raises ArgumentTypeError."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; a port is a number from 0 to 65535")


def _option_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _words_of(name: str) -> str:
    """Return the name of a field as people write it."""
    return name.replace("sub_", "sub-").replace("_", " ")


class _Shared:
    """Groups of options that several commands take."""

    def __init__(self) -> None:
        self.data = Parser(add_help=False, argument_default=_EITHER_SIDE)
        self.data.add_argument(
            "--data", metavar="DIR", help="data folder (default: $METERTUI_DATA if it is set, else ./data)"
        )
        self.format = Parser(add_help=False, argument_default=_EITHER_SIDE)
        self.format.add_argument("--format", choices=_FORMATS, help="output format (default: table)")
        self.address = Parser(add_help=False, argument_default=_EITHER_SIDE)
        self.address.add_argument("--host", metavar="H", help="address of the server (default: 127.0.0.1)")
        self.address.add_argument(
            "--port", metavar="P", type=_port, help="TCP port of the server (default: 7007; 0 to serve on a free port)"
        )
        self.at = Parser(add_help=False)
        self.at.add_argument(
            "--at", metavar="T", help="answer as of this time, for example 2025-03-12T10:40 (default: now)"
        )
        self.days = Parser(add_help=False)
        self.days.add_argument("--from", dest="first", metavar="D", help="first day, YYYY-MM-DD")
        self.days.add_argument("--to", dest="last", metavar="D", help="last day, included, YYYY-MM-DD")
        self.filters = Parser(add_help=False)
        self.filters.add_argument("--meter", metavar="M", default="", help="only this meter")
        for name in ATTRIBUTES:
            what = f"only meters of this {_words_of(name)}"
            self.filters.add_argument(_option_of(name), metavar=name[0].upper(), default="", help=what)
        self.filters.add_argument(
            "--time", metavar="A-B", default="", help="only this time of day, for example 18:00-20:00 or 22:00-06:00"
        )
        self.window = Parser(add_help=False)
        self.window.add_argument("meter", metavar="METER", help="id of the meter")
        self.window.add_argument(
            "window", metavar="WINDOW", nargs="?", help=f"one of {', '.join(WINDOWS)} (default: month)"
        )


class _Commands:
    """Adds commands to a parser, or verbs to a command."""

    def __init__(self, parser: Parser, title: str = "commands", **options: Any) -> None:
        self._subparsers = parser.add_subparsers(title=title, metavar=title[:-1].upper(), **options)

    def add(self, name: str, run: str, summary: str, *parents: Parser, more: str = "", examples: str = "") -> Parser:
        """Add a command that runs `module:function` of this package; `more` and `examples` stand in its help only."""
        description = f"{summary[0].upper()}{summary[1:]}."
        if more:
            description += f"\n\n{more}"
        command: Parser = self._subparsers.add_parser(
            name, help=summary, description=description, epilog=_epilog(examples), parents=list(parents)
        )
        command.set_defaults(run=run)
        return command

    def add_group(self, name: str, summary: str, *parents: Parser) -> _Commands:
        """Add a command that has verbs, and return what adds them."""
        return _Commands(self.add(name, "", summary, *parents), "verbs", dest="verb", required=True)


def _epilog(examples: str) -> str | None:
    """Return examples, one a line, as the end of a help text."""
    lines = [f"  {line}" for line in examples.splitlines()]
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *lines]) if lines else None


def parser() -> Parser:
    """Return the parser of the whole command line. `run` of its result names the function to run."""
    shared = _Shared()
    top = Parser(
        prog="metertui",
        description="Read, check, bill and report electricity meters in a terminal.\n\n"
        "Without a command, metertui opens the screens and serves the meters in the same process.",
        epilog=_epilog("metertui demo\nmetertui --data /srv/meters --port 7007\nmetertui usage 123456 last_month"),
        parents=[shared.data, shared.format, shared.address],
    )
    top.add_argument("--version", action="version", version=f"metertui {__version__}")
    top.set_defaults(run="screens:screens")
    commands = _Commands(top)
    _add_programs(commands, shared)
    _add_files(commands, shared)
    _add_questions(commands, shared)
    _add_accounts(commands, shared)
    _add_edits(commands, shared)
    _add_maintenance(commands, shared)
    return top


def _add_programs(commands: _Commands, shared: _Shared) -> None:
    commands.add(
        "tui", "screens:screens", "open the screens and serve the meters in the same process",
        shared.data, shared.format, shared.address,
        more="If another process owns the data folder, the screens follow it and write nothing.",
    )  # fmt: skip
    commands.add(
        "serve", "serve:serve", "serve the meters without screens", shared.data, shared.format, shared.address,
        more="It logs to standard error, prints `ready on HOST:PORT` when it listens, and ends on SIGTERM or SIGINT.",
        examples="metertui serve --host 0.0.0.0 --port 7007",
    )  # fmt: skip
    demo = commands.add(
        "demo", "demo:demo", "open the screens with simulated meters and a temporary data folder", shared.format,
        more="Without a terminal, the demonstration is printed as text.",
        examples="metertui demo --keep town\nmetertui --data town",
    )  # fmt: skip
    demo.add_argument("--keep", metavar="DIR", help="keep the data folder, at DIR, which must be new or empty")
    simulate = commands.add(
        "simulate", "simulate:simulate", "send readings of simulated meters to a server",
        shared.data, shared.format, shared.address,
        more="Give --from and --to for a period in the past, or --live.\n"
        "The exit code is 1 if the server refused anything.",
        examples="metertui simulate --meters 100 --register --live --interval 10s\n"
        "metertui simulate --meters 20 --register --from 2025-03-01T00:00 --to 2025-03-02T00:00",
    )  # fmt: skip
    simulate.add_argument("--meters", metavar="N", type=int, required=True, help="number of meters")
    simulate.add_argument("--register", action="store_true", help="register the meters first")
    simulate.add_argument("--from", dest="first", metavar="T", help="time of the first reading, sent at full speed")
    simulate.add_argument("--to", dest="last", metavar="T", help="time of the last reading")
    simulate.add_argument("--live", action="store_true", help="send current readings until interrupted")
    simulate.add_argument(
        "--interval", metavar="I", default="30m", help="time between two readings: 10s, 15m, 1h (default: 30m)"
    )
    simulate.add_argument(
        "--speed", metavar="X", type=float, default=1.0, help="with --live: send X times as often (default: 1)"
    )
    simulate.add_argument(
        "--connections", metavar="C", type=int, default=1, help="connections to the server (default: 1)"
    )
    simulate.add_argument("--seed", metavar="S", type=int, default=1, help="equal seeds make equal meters (default: 1)")
    simulate.add_argument("--seconds", metavar="S", type=float, help="with --live: end after S seconds")


def _add_files(commands: _Commands, shared: _Shared) -> None:
    generate = commands.add(
        "generate", "simulate:generate", "write readings of simulated meters to a file", shared.data, shared.format,
        more="Equal seeds give equal files.",
        examples="metertui generate --meters 100 --from 2025-01-01 --to 2025-03-31 -o history.csv",
    )  # fmt: skip
    generate.add_argument("--meters", metavar="N", type=int, required=True, help="number of meters")
    generate.add_argument("--from", dest="first", metavar="D", required=True, help="first day, YYYY-MM-DD")
    generate.add_argument("--to", dest="last", metavar="D", required=True, help="last day, included, YYYY-MM-DD")
    generate.add_argument(
        "--interval", metavar="I", default="30m", help="time between two readings: 10s, 15m, 1h (default: 30m)"
    )
    generate.add_argument("--seed", metavar="S", type=int, default=1, help="equal seeds give equal files (default: 1)")
    generate.add_argument(
        "-o", dest="out", metavar="FILE", required=True,
        help="file to write: log lines if its name ends in .log or .txt, "
        "else the wide CSV (docs/files.md), with the accounts; - is standard output",
    )  # fmt: skip

    imports = commands.add(
        "import", "imports:import_files", "import historical readings into the archive", shared.data,
        more="It registers meters that are not known yet. Readings that are stored already are not stored again,\n"
        "so an import that was interrupted can be repeated.",
        examples="metertui import history.csv\nmetertui import archive/2024/*.csv --format json",
    )  # fmt: skip
    imports.add_argument("files", metavar="FILE", nargs="+", help="file to read; - is standard input")
    imports.set_defaults(form="auto")
    imports.add_argument(
        "--format",
        action=_FormOrFormat,
        choices=(*_FORMS, *_FORMATS),
        default=_EITHER_SIDE,
        metavar=f"{{{','.join(_FORMS)}}}",
        help="form of the files (default: auto, which detects it); "
        "table, csv or json instead choose the format of the report (default: table)",
    )

    imports.add_argument(
        "--attributes",
        metavar="NAME=VALUE,...",
        help="attributes of the meters whose files state none; they hold until the first attributes that are recorded "
        "already: region=...,sub_region=...,apartment_type=...",
    )

    export = commands.add(
        "export", "queries:export", "export readings to a .csv, .parquet or .xlsx file",
        shared.data, shared.format, shared.days, shared.filters,
        examples="metertui export --from 2025-01-01 --to 2025-03-31 --region East -o east.parquet",
    )  # fmt: skip
    export.add_argument(
        "-o", dest="out", metavar="FILE", required=True,
        help=f"file to write; its name ends in .csv, .parquet or .xlsx; {_DASH}",
    )  # fmt: skip
    export.add_argument("--bom", action="store_true", help=_BOM)


def _add_questions(commands: _Commands, shared: _Shared) -> None:
    usage = commands.add(
        "usage", "queries:usage", "show the energy that a meter used",
        shared.data, shared.format, shared.at, shared.days, shared.window,
        more="Give a window, or --from and --to. Energy is in kWh.",
        examples="metertui usage 123456 last_month\nmetertui usage 123456 --from 2025-01-01 --to 2025-01-31",
    )  # fmt: skip
    usage.intermixed = True
    explain = commands.add(
        "explain", "explain:explanation", "explain a usage figure: its readings, their files and lines, and the sums",
        shared.data, shared.format, shared.at, shared.days, shared.window,
        more="Give a window, --month, or --from and --to.",
        examples="metertui explain 123456 last_month",
    )  # fmt: skip
    explain.intermixed = True
    explain.add_argument("--month", metavar="YYYY-MM", help="a calendar month, with its bill")

    bill = commands.add(
        "bill", "bills:bill", "show the bill of a meter, or write and issue the bills of all meters",
        shared.data, shared.format, shared.at,
        examples="metertui bill 123456 --month 2025-02\nmetertui bill --all --month 2025-02 -o bills.csv\n"
        "metertui bill --all --month 2025-02 --issue",
    )  # fmt: skip
    bill.add_argument("meter", metavar="METER", nargs="?", help="id of the meter, unless --all is given")
    bill.add_argument("--all", action="store_true", help="the bills of all meters; needs -o or --issue")
    bill.add_argument("--month", metavar="YYYY-MM", help="month to bill (default: the month before now)")
    bill.add_argument("-o", dest="out", metavar="FILE", help=f"with --all: CSV file to write; {_DASH}")
    bill.add_argument("--bom", action="store_true", help=_BOM)
    bill.add_argument(
        "--issue",
        action="store_true",
        help="with --all: keep the bills as issued; later changes are billed as adjustments",
    )
    bill.add_argument(
        "--accept-rules",
        action="store_true",
        help="with --issue: also bill, once, the differences that only changed rules of a new version make",
    )

    query = commands.add(
        "query", "queries:query", "show the energy that many meters used, by period, place or type",
        shared.data, shared.format, shared.days, shared.filters,
        more="Energy is in kWh. Rows without data are left out.",
        examples="metertui query --from 2025-01-01 --to 2025-03-31 --by month,region\n"
        "metertui query --from 2025-03-01 --to 2025-03-31 --by meter --sort -usage_kwh --limit 10\n"
        "metertui query --from 2025-03-01 --to 2025-03-01 --readings --time 18:00-20:00\n"
        "metertui query --from 2025-03-01 --to 2025-03-31 --readings --region East -o march.parquet",
    )  # fmt: skip
    query.add_argument("--bom", action="store_true", help=_BOM)
    query.add_argument("--readings", action="store_true", help="list the readings themselves instead of the usage")
    query.add_argument(
        "-o",
        dest="out",
        metavar="FILE",
        help=f"with --readings: file to write; its name ends in .csv, .parquet or .xlsx; {_DASH}",
    )
    query.add_argument("--by", metavar="K[,K]", default="", help=f"one row for each of: {', '.join(KEYS)}")
    query.add_argument("--sort", metavar="K", default="", help="column to sort by; -K sorts in descending order")
    query.add_argument("--limit", metavar="N", type=int, default=0, help="show at most N rows (default: all)")

    replay = commands.add(
        "replay", "replay:replay", "compare what past usage costs under the present tariff and a proposed one",
        shared.data, shared.format, shared.days,
        examples="metertui replay --tariff proposed.csv --from 2025-01-01 --to 2025-03-31",
    )  # fmt: skip
    replay.add_argument(
        "--tariff",
        metavar="FILE",
        required=True,
        help="proposed tariff, in the form of tariffs.csv; - is standard input",
    )
    replay.add_argument(
        "--by",
        metavar="K[,K]",
        default="apartment_type,region",
        help="one row for each of: apartment_type, region (default: both)",
    )

    exceptions = commands.add(
        "exceptions", "exceptions:exceptions",
        "list the readings, meters and refused lines that need a decision, newest first",
        shared.data, shared.format, shared.days,
        examples="metertui exceptions --counts\nmetertui exceptions --cause suspect --region East",
    )  # fmt: skip
    exceptions.add_argument(
        "--cause",
        metavar="C",
        default="",
        help="only this cause: suspect, reset, rejected, silent, gap, drift, conflict, refused, "
        "void, released, corrected or exchanged",
    )
    exceptions.add_argument("--region", metavar="R", help="only this region; '' for meters without a region")
    exceptions.add_argument("--meter", metavar="M", default="", help="only meters with this text in their id")
    state = exceptions.add_mutually_exclusive_group()
    state.add_argument("--open", action="store_true", help="only cases without a decision (the default)")
    state.add_argument("--decided", action="store_true", help="only cases with a decision")
    state.add_argument("--all", action="store_true", help="cases with and without a decision")
    exceptions.add_argument("--limit", metavar="N", type=int, default=100, help="list at most N cases (default: 100)")
    exceptions.add_argument("--counts", action="store_true", help="count the cases by cause instead of listing them")


def _add_accounts(commands: _Commands, shared: _Shared) -> None:
    both = [shared.data, shared.format]
    users = commands.add_group("users", "list, show and change accounts", *both)
    listed = users.add("list", "users:list_accounts", "list all accounts, or those that contain a text", *both)
    listed.add_argument(
        "text", metavar="TEXT", nargs="?", default="", help="part of an id, address, postcode, region or sub-region"
    )
    for verb, about in (
        ("show", "show an account, its attributes over time, and the decisions about it"),
        ("register", "register a meter"),
        ("modify", "change fields of an account; earlier usage keeps its attributes"),
        ("deactivate", "refuse the readings of a meter from now on; its history is kept"),
        ("reactivate", "accept the readings of a deactivated meter again"),
    ):
        made = users.add(verb, "users:show_account" if verb == "show" else "users:change_account", about, *both)
        made.add_argument("meter", metavar="METER", help="id of the meter")
        if verb in ("register", "modify"):
            for name in FIELDS:
                made.add_argument(_option_of(name), metavar="TEXT", help=f"{_words_of(name)} of the account")
        if verb == "modify":
            when = "day or time from which the change holds, if in the past (default: now)"
            made.add_argument("--from", dest="since", metavar="T", help=when)
        if verb in ("deactivate", "reactivate"):
            made.add_argument("--reason", metavar="R", help=_REASON)

    admins = commands.add_group("admins", "list, add and remove staff accounts", *both)
    admins.add("list", "users:list_staff", "list all staff accounts", *both)
    made = admins.add(
        "add", "users:add_member", "add a staff account, or change its role and password", *both,
        more="The password is asked for twice. If standard input is not a terminal, it is the first line read.",
    )  # fmt: skip
    made.add_argument("email", metavar="EMAIL", help="email address, which is the login name")
    made.add_argument("--role", choices=("operator", "government"), required=True, help="what the account may do")
    made = admins.add("remove", "users:remove_member", "remove a staff account", *both)
    made.add_argument("email", metavar="EMAIL", help="email address of the account")


def _add_edits(commands: _Commands, shared: _Shared) -> None:
    edit = Parser(add_help=False)
    edit.add_argument("meter", metavar="METER", help="id of the meter")
    edit.add_argument("--reason", metavar="R", help=_REASON)
    edit.add_argument("--undo", action="store_true", help="take the decision back")
    edit.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    parents = [shared.data, shared.format, edit]
    read_at = "time of the reading, for example 2025-03-12T10:30"
    void = commands.add(
        "void", "corrections:void", "exclude readings from all figures; they stay stored", *parents,
        examples='metertui void 123456 2025-03-12T10:30 --reason "misread"\n'
        "metertui void 123456 --from 2025-03-01T00:30 --to 2025-03-08T00:00 --dry-run",
    )  # fmt: skip
    void.add_argument("time", metavar="TIME", nargs="?", help=read_at)
    void.add_argument("--from", dest="first", metavar="T", help="in place of TIME: all readings from here on")
    void.add_argument("--to", dest="last", metavar="T", help="up to here, a reading at this time included")
    correct = commands.add(
        "correct", "corrections:correct", "replace a reading by the right value; both stay stored", *parents,
        examples='metertui correct 123456 2025-03-12T10:30 580 --reason "digits swapped"',
    )  # fmt: skip
    correct.add_argument("time", metavar="TIME", help=read_at)
    correct.add_argument("kwh", metavar="KWH", nargs="?", help="the right value of the register, kWh; not with --undo")
    release = commands.add(
        "release", "corrections:release", "count a suspect reading as it is", *parents,
        examples='metertui release 123456 2025-03-12T10:30 --reason "checked on site"',
    )  # fmt: skip
    release.add_argument("time", metavar="TIME", help=read_at)
    exchange = commands.add(
        "exchange", "corrections:exchange", "declare that the register of a meter was exchanged", *parents,
        examples='metertui exchange 123456 --time 2025-03-12T10:30 --final 9041.2 --initial 0 --reason "new meter"',
    )  # fmt: skip
    exchange.add_argument("--final", metavar="KWH", help="last reading of the old register, kWh")
    exchange.add_argument("--initial", metavar="KWH", help="first reading of the new register, kWh")
    exchange.add_argument("--time", metavar="T", required=True, help="time of the exchange")


def _add_maintenance(commands: _Commands, shared: _Shared) -> None:
    backup = commands.add(
        "backup", "backup:backup", "copy the data folder, even while a server runs", shared.data, shared.format,
        examples="metertui backup meters-2025-03-12.tar.zst",
    )  # fmt: skip
    backup.add_argument(
        "target", metavar="FILE", help="NAME.tar.zst, or a folder that does not exist yet; - is standard output"
    )
    restore = commands.add(
        "restore", "backup:restore", "make a data folder from a backup; nothing is overwritten",
        shared.data, shared.format,
        examples="metertui restore meters-2025-03-12.tar.zst --data restored",
    )  # fmt: skip
    restore.add_argument("source", metavar="FILE", help="what `metertui backup` wrote; - is standard input")
    check = commands.add(
        "check", "check:check", "read everything in the data folder and check that it is consistent",
        shared.data, shared.format,
        more="It prints each check with its count, and each problem on standard error.\n"
        "The exit code is 1 if there is a problem.",
    )  # fmt: skip
    check.add_argument(
        "--repair", action="store_true", help="first move broken lines to FILE.rejected, beside the file they stood in"
    )
