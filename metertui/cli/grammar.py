"""The grammar of the command line: commands, options and help. It loads nothing of the engine but names."""

from __future__ import annotations

from typing import Final

from metertui import __version__
from metertui.cli.grammar_files import add_files
from metertui.cli.parsing import Commands, Parser, epilog
from metertui.cli.shared_options import (
    BOM,
    CAUSES,
    COMPARES,
    DASH,
    KEYS,
    MEASURES,
    Shared,
    option_of,
    register,
    words_of,
)
from metertui.engine.attributes import FIELDS

_REASON: Final = "why; kept in events.csv and audit.log"


def parser() -> Parser:
    """Return the parser of the whole command line. `run` of its result names the function to run."""
    shared = Shared()
    top = Parser(
        prog="metertui",
        description="Read, check, bill and report electricity meters in a terminal.\n\n"
        "Without a command, metertui opens the screens and serves the meters in the same\n"
        "process.",
        epilog=epilog("metertui demo\nmetertui --data /srv/meters --port 7007\nmetertui usage 123456 last_month"),
        parents=[shared.data, shared.format, shared.address],
    )
    top.add_argument("--version", action="version", version=f"metertui {__version__}")
    top.set_defaults(run="starting:screens")
    commands = Commands(top)
    _add_programs(commands, shared)
    add_files(commands, shared)
    _add_questions(commands, shared)
    _add_accounts(commands, shared)
    _add_edits(commands, shared)
    _add_maintenance(commands, shared)
    return top


def _add_programs(commands: Commands, shared: Shared) -> None:
    commands.add(
        "tui", "starting:screens", "open the screens and serve the meters in the same process",
        shared.data, shared.unused_format, shared.address,
        more="If another process owns the data folder, the screens show its changes and write\n"
        "nothing.",
    )  # fmt: skip
    commands.add(
        "serve", "serve:serve", "serve the meters without screens",
        shared.data, shared.unused_format, shared.address,
        more="It logs to standard error, prints `ready on HOST:PORT` when it listens, and ends\n"
        "on SIGTERM or SIGINT.",
        examples="metertui serve --port 7007",
    )  # fmt: skip
    demo = commands.add(
        "demo", "starting:demo", "open the screens with simulated meters and a temporary data folder",
        shared.unused_format,
        more="Without a terminal, the demonstration is printed as text.",
        examples="metertui demo --keep town\nmetertui --data town",
    )  # fmt: skip
    demo.add_argument("--keep", metavar="DIR", help="keep the data folder, at DIR, which must be new or empty")
    simulate = commands.add(
        "simulate", "simulate:simulate", "send readings of simulated meters to a server",
        shared.data, shared.format, shared.address,
        more="Give --from and --to for a period in the past, which is sent at full speed, or\n"
        "--live.\n"
        "The exit code is 1 if the server refused anything.",
        examples="metertui simulate --meters 100 --register --live --interval 10s\n"
        "metertui simulate --meters 20 --register --from 2025-03-01T00:00 --to 2025-03-02T00:00",
    )  # fmt: skip
    simulate.add_argument("--meters", metavar="N", type=int, required=True, help="number of meters")
    simulate.add_argument("--register", action="store_true", help="register the meters first")
    simulate.add_argument(
        "--from", dest="first", metavar="T", help="time of the first reading, for example 2025-03-01T00:00"
    )
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


def _add_questions(commands: Commands, shared: Shared) -> None:
    usage = commands.add(
        "usage", "queries:usage", "show the energy that a meter used",
        shared.data, shared.format, shared.at, shared.some_days, shared.window,
        more="Give a window, or --from and --to. Energy is in kWh.",
        examples="metertui usage 123456 last_month\nmetertui usage 123456 --from 2025-01-01 --to 2025-01-31",
    )  # fmt: skip
    usage.intermixed = True
    explain = commands.add(
        "explain", "explain:explanation", "explain a usage figure: its readings, their files and lines, and the sums",
        shared.data, shared.format, shared.at, shared.some_days, shared.window,
        more="Give a window, --month, or --from and --to.",
        examples="metertui explain 123456 last_month",
    )  # fmt: skip
    explain.intermixed = True
    explain.add_argument("--month", metavar="YYYY-MM", help="a calendar month, with its bill")

    bill = commands.add(
        "bill", "bills:bill", "show the bill of a meter, or write and issue the bills of all meters",
        shared.data, shared.format, shared.at,
        usage="%(prog)s METER [--month YYYY-MM] [-o PAGE] [OPTION ...]\n"
        "       %(prog)s --all [--month YYYY-MM] [-o FILE [--bom]]\n"
        "                     [--issue [--accept-rules]] [OPTION ...]",
        examples="metertui bill 123456 --month 2025-02\nmetertui bill 123456 --month 2025-02 -o bill.html\n"
        "metertui bill --all --month 2025-02 -o bills.csv\n"
        "metertui bill --all --month 2025-02 --issue",
    )  # fmt: skip
    bill.add_argument("meter", metavar="METER", type=register, nargs="?", help="id of the meter, unless --all is given")
    bill.add_argument("--all", action="store_true", help="the bills of all meters; needs -o or --issue")
    bill.add_argument("--month", metavar="YYYY-MM", help="month to bill (default: last month)")
    bill.add_argument(
        "-o",
        dest="out",
        metavar="FILE",
        help=f"with METER: page to print, .html or .txt; with --all: CSV file to write; {DASH}",
    )
    bill.add_argument("--bom", action="store_true", help=BOM)
    bill.add_argument(
        "--issue",
        action="store_true",
        help="with --all: keep the bills as issued; later changes are billed as adjustments",
    )
    bill.add_argument(
        "--accept-rules",
        action="store_true",
        help="with --issue: also bill, once, differences caused only by an update of metertui",
    )

    query = commands.add(
        "query", "queries:query", "show the energy that many meters used, by period, place or type",
        shared.data, shared.format, shared.some_days, shared.filters,
        usage="%(prog)s --from D --to D [--by K[,K]] [OPTION ...]\n"
        "       %(prog)s --from D --to D --readings [-o FILE] [OPTION ...]\n"
        "       %(prog)s --saved QUESTION [OPTION ...]",
        more="Energy is in kWh. Rows without data are left out. On the government screen, q\n"
        "shows the command that gives its answer.",
        examples="metertui query --from 2025-01-01 --to 2025-03-31 --by month,region\n"
        "metertui query --from 2025-03-01 --to 2025-03-31 --by meter --sort -usage_kwh --limit 10\n"
        "metertui query --from 2025-03-01 --to 2025-03-01 --readings --time 18:00-20:00\n"
        "metertui query --from 2025-03-01 --to 2025-03-31 --readings --region East -o march.parquet",
    )  # fmt: skip
    query.add_argument("--bom", action="store_true", help=BOM)
    query.add_argument("--readings", action="store_true", help="list the readings themselves instead of the usage")
    query.add_argument(
        "-o",
        dest="out",
        metavar="FILE",
        help=f"with --readings: file to write; its name ends in .csv, .parquet or .xlsx; {DASH}",
    )
    query.add_argument(
        "--by",
        metavar="K[,K]",
        default="",
        help=f"one row for each of: {', '.join(KEYS)}, channel (default: one row for everything)",
    )
    query.add_argument(
        "--measure",
        choices=MEASURES,
        default="total",
        help="the total, the total per meter, that per meter and day, or the highest half hour (default: total)",
    )
    query.add_argument(
        "--compare", choices=COMPARES, default="", help="add the period before, or the year before, and the change"
    )
    query.add_argument(
        "--saved",
        metavar="QUESTION",
        help="a question saved on the government screen, by its title, or a file with one, whose name ends in .toml",
    )
    query.add_argument("--sort", metavar="K", default="", help="column to sort by; -K sorts in descending order")
    query.add_argument("--limit", metavar="N", type=int, default=0, help="show at most N rows (default: all)")

    replay = commands.add(
        "replay", "replay:replay", "compare what past usage costs under the present tariff and a proposed one",
        shared.data, shared.format, shared.days,
        more="Amounts are with tax, in the currency of the settings, for all the days given.\n"
        "current, proposed  what all meters of the row pay under each tariff\n"
        "change             proposed less current\n"
        "p10 ... p90        the change that 10% ... 90% of the meters do not exceed;\n"
        "                   median: 50%\n"
        "more, less, same   how many meters pay more, less, the same",
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
        "list readings, meters and refused lines that need a decision, by weight",
        shared.data, shared.format, shared.some_days,
        examples="metertui exceptions --counts\nmetertui exceptions --cause suspect --region East",
    )  # fmt: skip
    exceptions.add_argument(
        "--cause",
        metavar="C",
        default="",
        help=f"only this cause: {', '.join(CAUSES)}; the last four are decisions and imply --all",
    )
    exceptions.add_argument("--region", metavar="R", help="only this region; '' for meters without a region")
    exceptions.add_argument("--meter", metavar="M", default="", help="only meters with this text in their id")
    state = exceptions.add_mutually_exclusive_group()
    state.add_argument("--open", action="store_true", help="only cases without a decision (the default)")
    state.add_argument("--decided", action="store_true", help="only cases with a decision")
    state.add_argument("--all", action="store_true", help="cases with and without a decision")
    exceptions.add_argument(
        "--sort", choices=("weight", "newest"), default="weight", help="the most energy at stake first, or the newest"
    )
    exceptions.add_argument("--limit", metavar="N", type=int, default=100, help="list at most N cases (default: 100)")
    exceptions.add_argument("--counts", action="store_true", help="count the cases by cause instead of listing them")


_DEVICE_OPTIONS: Final = {
    "digits": ("N", "whole digits of the register, 1 to 8: one of 5 begins again at 0 after 99,999"),
    "multiplier": ("X", "what a difference of two registers is multiplied by, such as 40 for current transformers"),
    "daily_reset": ("yes|no", "whether the register begins at 0 each local day"),
    "max_kw": ("KW", "the most power that the meter can draw, after the multiplier; before those of the settings"),
}


def _add_accounts(commands: Commands, shared: Shared) -> None:
    both = [shared.data, shared.format]
    users = commands.add_group("users", "list, show and change the accounts of customers, one for each meter", *both)
    listed = users.add("list", "users:list_accounts", "list all accounts, or those that contain a text", *both)
    listed.add_argument(
        "text", metavar="TEXT", nargs="?", default="", help="part of an id, address, postcode, region or sub-region"
    )
    for verb, about in (
        ("show", "show an account, its attributes over time, and the decisions about it"),
        ("register", "register a meter with the account of its customer"),
        ("modify", "change fields of an account; earlier usage keeps its attributes"),
        ("deactivate", "refuse the readings of a meter from now on; its history is kept"),
        ("reactivate", "accept the readings of a deactivated meter again"),
    ):
        made = users.add(verb, "users:show_account" if verb == "show" else "users:change_account", about, *both)
        made.add_argument("meter", metavar="METER", help="id of the meter")
        if verb in ("register", "modify"):
            for name in FIELDS:
                made.add_argument(option_of(name), metavar="TEXT", help=f"{words_of(name)} of the account")
            for name, (metavar, meaning) in _DEVICE_OPTIONS.items():
                made.add_argument(option_of(name), metavar=metavar, help=meaning)
        if verb == "modify":
            when = "day or time from which the change holds, if in the past (default: now)"
            made.add_argument("--from", dest="since", metavar="T", help=when)
        if verb in ("deactivate", "reactivate"):
            made.add_argument("--reason", metavar="R", help=_REASON)

    admins = commands.add_group(
        "admins", "list, add and remove the accounts of staff, who log in on the screens", *both
    )
    admins.add("list", "users:list_staff", "list all staff accounts", *both)
    made = admins.add(
        "add", "users:add_member", "add a staff account, or change its role and password", *both,
        more="The password is asked for twice. If standard input is not a terminal, it is the\n"
        "first line read.",
    )  # fmt: skip
    made.add_argument("email", metavar="EMAIL", help="email address, which is the login name")
    made.add_argument("--role", choices=("operator", "government"), required=True, help="what the account may do")
    made = admins.add("remove", "users:remove_member", "remove a staff account", *both)
    made.add_argument("email", metavar="EMAIL", help="email address of the account")


def _add_edits(commands: Commands, shared: Shared) -> None:
    edit = Parser(add_help=False)
    edit.add_argument("meter", metavar="METER", type=register, help="id of the meter, or METER:CHANNEL")
    edit.add_argument("--reason", metavar="R", help=f"{_REASON}; not needed with --dry-run")
    edit.add_argument("--undo", action="store_true", help="take the decision back")
    edit.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    parents = [shared.data, shared.format, edit]
    read_at = "time of the reading, for example 2025-03-12T10:30"
    void = commands.add(
        "void", "corrections:void", "exclude readings from all figures; they stay stored", *parents,
        usage="%(prog)s METER TIME --reason R [--undo] [OPTION ...]\n"
        "       %(prog)s METER --from T --to T --reason R [--undo] [OPTION ...]",
        examples='metertui void 123456 2025-03-12T10:30 --reason "misread"\n'
        "metertui void 123456 --from 2025-03-01T00:30 --to 2025-03-08T00:00 --dry-run",
    )  # fmt: skip
    void.add_argument("time", metavar="TIME", nargs="?", help=read_at)
    void.add_argument("--from", dest="first", metavar="T", help="instead of TIME: time of the first reading to exclude")
    void.add_argument("--to", dest="last", metavar="T", help="time of the last reading to exclude")
    correct = commands.add(
        "correct", "corrections:correct", "replace a reading by the right value; both stay stored", *parents,
        usage="%(prog)s METER TIME KWH --reason R [OPTION ...]\n"
        "       %(prog)s METER TIME --undo --reason R [OPTION ...]",
        examples='metertui correct 123456 2025-03-12T10:30 580 --reason "digits swapped"',
    )  # fmt: skip
    correct.add_argument("time", metavar="TIME", help=read_at)
    correct.add_argument("kwh", metavar="KWH", nargs="?", help="the right value of the register, kWh; not with --undo")
    estimate = commands.add(
        "estimate", "estimates:estimate", "store an estimated register of a meter that is silent",
        shared.data, shared.format,
        usage="%(prog)s METER [TIME [KWH]] [--reason R] [--dry-run]\n"
        "                         [OPTION ...]",
        more="Without KWH the register is the last one that was counted and what the meter\n"
        "used on the same days a year before, or else its mean of four weeks; --dry-run\n"
        "shows it. An actual reading of the same time takes its place; metertui void\n"
        "takes it back.",
        examples="metertui estimate 123456 2025-04-01T00:00 --dry-run\n"
        'metertui estimate 123456 2025-04-01T00:00 612 --reason "told by the customer"',
    )  # fmt: skip
    estimate.add_argument("meter", metavar="METER", type=register, help="id of the meter, or METER:CHANNEL")
    estimate.add_argument("time", metavar="TIME", nargs="?", help="time of the register (default: now)")
    estimate.add_argument("kwh", metavar="KWH", nargs="?", help="the register, kWh (default: what is proposed)")
    estimate.add_argument("--reason", metavar="R", help=f"{_REASON}; not needed for what is proposed")
    estimate.add_argument("--dry-run", action="store_true", help="print what would be stored, and store nothing")
    release = commands.add(
        "release", "corrections:release", "count a suspect reading as it is", *parents,
        usage="%(prog)s METER TIME --reason R [--undo] [OPTION ...]",
        examples='metertui release 123456 2025-03-12T10:30 --reason "checked on site"',
    )  # fmt: skip
    release.add_argument("time", metavar="TIME", help=read_at)
    exchange = commands.add(
        "exchange", "corrections:exchange", "declare that the register of a meter was exchanged", *parents,
        usage="%(prog)s METER --final KWH --initial KWH --time T --reason R\n"
        "                         [OPTION ...]\n"
        "       %(prog)s METER --undo --time T --reason R [OPTION ...]",
        more="The old register ends at its final reading, the new one begins at its initial\n"
        "reading. A register that rolled over or was reset is declared in the same way.",
        examples='metertui exchange 123456 --time 2025-03-12T10:30 --final 9041.2 --initial 0 --reason "new meter"',
    )  # fmt: skip
    exchange.add_argument(
        "--final", metavar="KWH", help="final reading of the old register, kWh; not needed with --undo"
    )
    exchange.add_argument(
        "--initial", metavar="KWH", help="initial reading of the new register, kWh; not needed with --undo"
    )
    exchange.add_argument("--time", metavar="T", required=True, help="time of the exchange")


def _add_maintenance(commands: Commands, shared: Shared) -> None:
    backup = commands.add(
        "backup", "backup:backup", "copy the data folder, even while a server runs", shared.data, shared.format,
        examples="metertui backup meters-2025-03-12.tar.zst",
    )  # fmt: skip
    backup.add_argument(
        "target", metavar="FILE", help="NAME.tar.zst, or a folder that does not exist yet; - is standard output"
    )
    restore = commands.add(
        "restore", "backup:restore", "make a data folder from a backup; nothing is overwritten",
        shared.new_data, shared.format,
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
        "--repair",
        action="store_true",
        help="first move broken lines to FILE.rejected, beside the file they stood in; also accept day files that are "
        "edited, damaged or gone, so that they are no longer reported",
    )
