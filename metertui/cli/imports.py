"""`metertui import`: history into the archive."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.inputs import as_file
from metertui.cli.options import format_of
from metertui.cli.output import print_note, print_rows, progress_bar
from metertui.engine.accounts import check_field
from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import counted, visible
from metertui.engine.core import COUNTS
from metertui.engine.errors import MeterError, Refused


def import_files(options: argparse.Namespace) -> int:
    """Import all files together: a reading that two of them contain is stored once. Return 1 if all was refused."""
    said = _said(options)
    attributes = _attributes(options)
    form = None if options.form == "auto" else options.form
    with contextlib.ExitStack() as inputs:
        paths = [inputs.enter_context(as_file(name)) for name in dict.fromkeys(options.files)]
        for path in paths:
            if not path.is_file():
                why = "it is not a file" if path.exists() else "there is no such file"
                raise MeterError(f"cannot read {path}: {why}")
        arguments = {"files": [str(path.absolute()) for path in paths], "form": form, "said": said, **attributes}
        arguments |= {"dry_run": options.dry_run, "replace": options.replace, "save_mapping": options.save_mapping}
        with progress_bar("importing") as share:
            try:
                report = perform(folder_of(options), "import", arguments, share)
            except MeterError as error:
                raise MeterError(_as_named(str(error), paths)) from error
    _print_report(options, report)
    _print_refusals(report)
    return int(0 < report["read"] == report["refused"])


def _said(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options say of the files, as the owner of a folder takes it. Raises UsageError."""
    said = {name: value for name in _SAID if (value := getattr(options, name))}
    columns = {}
    for word in filter(None, (word.strip() for word in options.columns.split(","))):
        role, equals, name = (part.strip() for part in word.partition("="))
        if not (equals and role and name) or role in columns:
            raise UsageError(f"--columns: {word!r} is not like time=NAME or kwh=3, each at most once")
        columns[role] = name
    return said | ({"columns": columns} if columns else {})


def _print_report(options: argparse.Namespace, report: Mapping[str, Any]) -> None:
    """Print the counts of an import, and what the files say of each register."""
    if format_of(options) != "table":
        lists = ("meters", "notes") if format_of(options) == "json" else ()
        print_rows(options, [report], (*COUNTS, *lists), one=True)
        return
    for note in report["notes"]:
        print(visible(note))
    print_rows(options, [report], COUNTS, one=True)
    if report["meters"]:
        print()
        print_rows(options, report["meters"], _FIGURES)
    different = report["different"]
    if different and not report["replaced"]:
        differ, those = ("differs", "that") if different == 1 else ("differ", "those")
        note = f"{counted(different, 'interval')} {differ} from what is stored; --replace takes {those} of the file"
        print_note(note)


_SAID: Final = ("kind", "meter", "zone", "stamps", "unit", "date_order", "mapping", "max_kw", "strict")
_FIGURES: Final = ("meter", "channel", "total_kwh", "first", "last", "intervals", "gaps", "missing_hours")


def _attributes(options: argparse.Namespace) -> dict[str, str]:
    """Return the attributes that `--attributes` gives, by name. Raises UsageError."""
    given = {}
    for word in (options.attributes or "").split(","):
        name, equals, value = (part.strip() for part in word.partition("="))
        if options.attributes is None or not word.strip():
            continue
        if not equals or name not in ATTRIBUTES or name in given:
            raise UsageError(f"--attributes: {word.strip()!r} is not one of {', '.join(f'{a}=…' for a in ATTRIBUTES)}")
        try:
            check_field(name, value)
        except Refused as error:
            raise UsageError(f"--attributes: {error.why}") from error
        given[name] = value
    return given


def _as_named(text: str, paths: list[Path]) -> str:
    """Return an error with the files' names as they were given, where it has their absolute paths."""
    for path in paths:
        text = text.replace(str(path.absolute()), str(path))
    return text


def _print_refusals(report: Mapping[str, Any]) -> None:
    """Print the first refused lines to standard error, and how many more there are."""
    listed = report["misfits"]
    for each in listed:
        print(visible(f"{each['source']}:{each['line']}: {each['code']}: {each['why']}"), file=sys.stderr)
    more = report["refused"] - len(listed)
    if more:
        reasons = ", ".join(f"{count} {code}" for code, count in Counter(report["reasons"]).most_common())
        print(f"and {more} more; all refused lines: {reasons}; see rejects.log", file=sys.stderr)
