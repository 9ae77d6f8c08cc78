"""The commands that read and write files of readings: their words, options and help."""

from __future__ import annotations

import argparse
from typing import Final

from metertui.cli.parsing import Commands, Parser
from metertui.cli.shared_options import BOM, DASH, EITHER_SIDE, FORMATS, Shared

FORMS: Final = ("auto", "log", "day", "wide", "export", "interval", "nem12", "nem13", "espi", "table")


class _FormOrFormat(argparse.Action):
    """Takes the `--format` of an import. As it once named the form of the files, it takes that too."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, "form" if values in FORMS else "format", values)


def add_files(commands: Commands, shared: Shared) -> None:
    """Add the commands that read and write files of readings."""
    _add_generate(commands, shared)
    _add_import(commands, shared)
    _add_export(commands, shared)


def _add_generate(commands: Commands, shared: Shared) -> None:
    generate = commands.add(
        "generate", "simulate:generate", "write readings of simulated meters to a file",
        shared.data, shared.unused_format,
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
        "otherwise the wide CSV (docs/files.md), with the attributes of the meters; - is standard output",
    )  # fmt: skip


def _add_import(commands: Commands, shared: Shared) -> None:
    imports = commands.add(
        "import", "imports:import_files", "import historical readings and energy per interval", shared.data,
        more="It registers meters that are not known yet. What is stored already is not stored\n"
        "again, so an import that was interrupted can be repeated.\n\n"
        "Any table will do: CSV, Excel, Parquet, JSON. What the file does not say, and no\n"
        "option says, is asked for; contradicting the file is an error.",
        examples="metertui import history.csv\nmetertui import archive/2024/*.csv --format json\n"
        "metertui import portal.csv --meter 123456 --zone Europe/Vienna --stamps end --dry-run",
    )  # fmt: skip
    imports.add_argument("files", metavar="FILE", nargs="+", help="file to read; - is standard input")
    imports.add_argument(
        "--form",
        choices=FORMS,
        metavar="NAME",
        default="auto",
        help="what the files are: log (lines of log.txt), day (an archive day file), wide (CSV of docs/files.md), "
        "export (from metertui export, in any of its formats), interval (energy per interval, as in a data folder), "
        "nem12, nem13, espi (Green Button), table (any other); auto detects it (default: auto)",
    )
    imports.add_argument(
        "--format", action=_FormOrFormat, choices=(*FORMATS, *FORMS), default=EITHER_SIDE,
        metavar=f"{{{','.join(FORMATS)}}}", help="output format of the report (default: table)",
    )  # fmt: skip
    _add_said(imports)
    imports.add_argument("--dry-run", action="store_true", help="print what would be stored, and store nothing")
    imports.add_argument(
        "--replace", action="store_true",
        help="let intervals take the place of stored ones that differ; those are kept beside them",
    )  # fmt: skip
    imports.add_argument("--strict", action="store_true", help="store nothing if any line is refused")


def _add_said(imports: Parser) -> None:
    """Add the options by which a person says what a file does not."""
    imports.add_argument(
        "--kind", choices=("register", "interval"), help="whether the figures are registers or energy per interval"
    )
    imports.add_argument("--meter", metavar="ID", default="", help="meter of a file that names none")
    imports.add_argument(
        "--zone", metavar="Z", default="", help="zone of times that name none: Europe/Vienna, UTC, +10:00"
    )
    imports.add_argument("--stamps", choices=("start", "end"), help="which end of its interval a time is")
    imports.add_argument(
        "--unit",
        choices=("Wh", "kWh", "MWh", "W", "kW", "MW"),
        help="unit of the figures; of power, it is the mean of each interval",
    )
    imports.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="order of day, month and year in dates")
    imports.add_argument(
        "--columns",
        metavar="TAKEN=COLUMN,...",
        default="",
        help="which columns are what, by name or number from 1: time (or start, end, date, clock), kwh, meter, unit, "
        "quality, or a channel such as export or t1; METER:CHANNEL, such as 123456:use, for a column of one meter; "
        "meter=header where the columns are named by meters; or which of "
        "several series of rows is a channel, such as use=sensor.grid",
    )
    imports.add_argument(
        "--attributes",
        metavar="NAME=VALUE,...",
        help="attributes of meters whose files give none, such as region=East,sub_region=Quay,apartment_type=4-room; "
        "attributes already recorded are kept from the time they were recorded",
    )
    imports.add_argument("--mapping", metavar="NAME", default="", help="a saved or shipped mapping that says all this")
    imports.add_argument(
        "--save-mapping", metavar="NAME", default="",
        help="keep what is said, but for the meter, in mappings/NAME.toml, for the next file with these columns",
    )  # fmt: skip
    imports.add_argument("--max-kw", metavar="N", type=float, help="most power that the meters of the files can have")


def _add_export(commands: Commands, shared: Shared) -> None:
    export = commands.add(
        "export", "exports:export", "export readings or load curves to a .csv, .parquet or .xlsx file",
        shared.data, shared.output_format, shared.days, shared.filters,
        examples="metertui export --from 2025-01-01 --to 2025-03-31 --region East -o east.parquet\n"
        "metertui export --from 2025-01-01 --to 2025-01-31 --interval 30m -o half-hours.csv",
    )  # fmt: skip
    export.add_argument(
        "--interval", metavar="I",
        help="instead of readings, the energy of each meter in every interval of the clock: 15m, 30m, 1h; of the use "
        "alone, or of the register that --channel names",
    )  # fmt: skip
    export.add_argument(
        "--form", choices=("table", "nem12"), default="table",
        help="a table as the name of the file says, or load curves as a NEM12 file (default: table)",
    )  # fmt: skip
    export.add_argument(
        "-o", dest="out", metavar="FILE", required=True,
        help=f"file to write; its name ends in .csv, .parquet or .xlsx; {DASH}",
    )  # fmt: skip
    export.add_argument("--bom", action="store_true", help=BOM)
