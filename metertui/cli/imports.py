"""`metertui import`: history into the archive."""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
from pathlib import Path
from typing import Any, Final

from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import Interrupted, UsageError
from metertui.cli.import_report import print_refusals, print_report
from metertui.cli.inputs import as_file
from metertui.cli.options import format_of
from metertui.cli.output import progress_bar
from metertui.engine.accounts import check_field
from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import check_meter_id
from metertui.engine.errors import MeterError, Refused

_INTERRUPTED: Final = "interrupted; nothing is stored by half, and the same command stores what is missing"


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
        arguments |= {"months": options.dry_run or format_of(options) == "json"}
        with progress_bar("importing") as share:
            try:
                report = perform(folder_of(options), "import", arguments, share, share.tell_rows)
            except MeterError as error:
                raise MeterError(_as_named(str(error), paths)) from error
            except KeyboardInterrupt as error:
                raise Interrupted(_INTERRUPTED) from error
    print_report(options, report)
    print_refusals(report)
    return int(0 < report["read"] == report["refused"])


def _said(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options say of the files, as the owner of a folder takes it. Raises UsageError."""
    said = {name: value for name in _SAID if (value := getattr(options, name))}
    if options.max_kw is not None and not 0 < options.max_kw < math.inf:
        raise UsageError(f"--max-kw: {options.max_kw:g} is no power: it is a number above 0, in kW")
    if options.meter:
        try:
            check_meter_id(options.meter)
        except Refused as error:
            raise UsageError(f"--meter: {error.why}") from error
    columns = {}
    words = next(csv.reader([options.columns], skipinitialspace=True), [])
    for word in filter(None, (word.strip() for word in words)):
        role, equals, name = (part.strip() for part in word.partition("="))
        if not (equals and role and name) or role in columns:
            raise UsageError(f"--columns: {word!r} is not like time=NAME or kwh=3, each at most once")
        columns[role] = name
    return said | ({"columns": columns} if columns else {})


_SAID: Final = ("kind", "meter", "zone", "stamps", "unit", "date_order", "mapping", "max_kw", "strict")


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
