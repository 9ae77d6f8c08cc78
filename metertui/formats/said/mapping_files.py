"""Mappings: what a person says of files of one kind, kept in a small TOML file, so that the next file finds it.

A file is known by the names of its columns. A mapping holds what `Said` does but the meter: another meter's file has
the same columns. Some mappings ship with the program; those of a data folder go before them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage import durable, private_files
from metertui.formats.said.options import NOTHING_SAID, Said
from metertui.formats.said.signatures import signature

MAPPINGS: Final = "mappings"
"""The folder of mappings in a data folder, and in the program."""
SHIPPED: Final = Path(__file__).parents[1] / MAPPINGS
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_LARGEST: Final = 100_000
"""Bytes; a larger file is no mapping."""
_KEPT: Final = ("kind", "zone", "stamps", "unit", "date_order")
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("register", "interval"),
    "stamps": ("start", "end"),
    "unit": ("Wh", "kWh", "MWh", "W", "kW", "MW"),
    "date_order": ("dmy", "mdy", "ymd"),
}
_LISTS: Final = ("says", "columns")


@dataclass(frozen=True)
class FileMapping:
    """What is said of all files that have columns of these names."""

    name: str
    about: str
    """What such files are, for a person."""
    names: Sequence[str]
    """The names of columns by which such a file is known."""
    said: Said


def load(path: Path) -> FileMapping:
    """Return the mapping in a file. Raises DataError that says what is wrong with it, OSError."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise DataError(path, None, "the file is too large for a mapping")
    try:
        values = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML; thousands of digits, or of brackets
        raise DataError(path, None, f"the mapping is no TOML: {error}") from error
    says, columns = (_texts(path, values.get(key, {}), key) for key in _LISTS)
    for key, value in says.items():
        if key not in _KEPT or value not in _VALUES.get(key, (value,)):
            raise DataError(path, None, f"the mapping says {key} = {value!r}, which is not known")
    names = values.get("names")
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in names):
        raise DataError(path, None, "the mapping has no list 'names' with the names of columns")
    unknown = sorted(values.keys() - {"about", "names", *_LISTS})
    if unknown:
        raise DataError(path, None, f"the mapping has {unknown[0]!r}, which is not known")
    return FileMapping(path.stem, str(values.get("about", "")), names, replace(NOTHING_SAID, **says, columns=columns))


def _texts(path: Path, values: Any, key: str) -> dict[str, Any]:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise DataError(path, None, f"[{key}] of the mapping is no list of texts by name")
    return values


def all_in(folder: Path) -> list[FileMapping]:
    """Return the mappings in a folder, by name; none if it does not exist. Raises DataError, OSError."""
    return [load(path) for path in sorted(folder.glob("*.toml")) if path.is_file()]


def matching(names: Sequence[str], mappings: Iterable[FileMapping]) -> FileMapping | None:
    """Return the mapping by which a table with columns of these names is known: the one that names the most of them.

    Of those that name equally many it is the first. None if there is none.
    """
    there = {*map(signature, names)}
    found = [each for each in mappings if {*map(signature, each.names)} <= there]
    return max(found, key=lambda each: len(each.names), default=None)


def with_mapping(said: Said, mapping: FileMapping) -> Said:
    """Return what is said, with what the mapping says where nothing else is."""
    given = {each.name for each in fields(Said) if getattr(said, each.name) != getattr(NOTHING_SAID, each.name)}
    return replace(said, **{name: getattr(mapping.said, name) for name in (*_KEPT, "columns") if name not in given})


def text_of(mapping: FileMapping) -> str:
    """Return the text of the file that holds a mapping."""
    says = {name: value for name in _KEPT if (value := getattr(mapping.said, name))}
    lines = [f"about = {_quoted(mapping.about)}", f"names = [{', '.join(map(_quoted, mapping.names))}]"]
    for title, values in zip(_LISTS, (says, mapping.said.columns), strict=True):
        lines += ["", f"[{title}]", *(f"{_quoted(name)} = {_quoted(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def check_name(name: str) -> None:
    """Raise MeterError for what is no name of a mapping."""
    if _NAME.fullmatch(name) is None:
        raise MeterError(f"{name[:40]!r} is no name of a mapping: it is 1 to 32 of a-z A-Z 0-9 _ -")


def save(folder: Path, mapping: FileMapping) -> None:
    """Write a mapping into a folder, in place of one of the same name. Raises StorageError, OSError."""
    private_files.make_folder(folder)
    durable.replace_file(folder / f"{mapping.name}.toml", text_of(mapping).encode())


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, which is as JSON does but for one sign."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
