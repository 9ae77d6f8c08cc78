"""JSON as tables: each array of objects is one, whose columns are named by the way to their values.

So `energy.values[].date` is the column `date` of the objects in the array `values` of the object `energy`. Values of
the objects around an array are columns of it as well. Values outside of any array stand above each table, as a
preamble; but a unit beside an array or around it is a column of it. A file with a JSON value in each line is the array
`[]`.

The file is read as a stream, twice: a large value is entered, a small one is decoded whole. A JSON number keeps the
digits that the file has.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final

from metertui.engine.errors import DataError, Refused
from metertui.formats.tables.rows import Block, Row, Typed, as_cell, in_blocks

_START: Final = re.compile(r'\ufeff?\s*(?:\{\s*["}]|\[\s*[\[\]{"0-9-])')
_CHUNK: Final = 1 << 18
"""Bytes read at a time, and the characters that a value may have to be decoded whole for certain."""
_LONGEST: Final = 1 << 20
"""Characters; a text or number that is longer is none of a table."""
_DEEPEST: Final = 40
_MOST_NAMES: Final = 2_000
"""Columns of all tables together, and values outside of them; a file with more is no table."""
_TOO_MANY: Final = "the JSON has too many names of values: this is no table"
_MOST_ZEROS: Final = 40
"""The highest exponent of a number; one beyond it is left as it stands, and is no figure."""
_UNIT: Final = re.compile(r"\s*[kM]?Wh?\s*", re.IGNORECASE)
_NOT_DECODED: Final = re.compile("[\ud800-\udfff]")
_NUMBER: Final = re.compile(r"[+-]?[0-9.,eE+-]*")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,:\[\]{}"]+', re.DOTALL)
_PART: Final = object()
"""In place of a value that is too large to be decoded whole."""

Fields = dict[str, object]
Record = tuple[str, Fields]
"""An array and the values of one of its elements by their names; without an array, those outside of all.

The element's own values stand before those of the objects around its array.
"""


def is_json(head: bytes) -> bool:
    """Return whether a file that begins like this is JSON."""
    return _START.match(head.decode(_encoding(head), "replace")) is not None


def _encoding(head: bytes) -> str:
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def read_rows(path: Path) -> Iterator[Block]:
    """Yield the rows of all tables, each array as a sheet: its preamble, its names as row 0, its elements from 1.

    Where the file is broken or cut, a last row says so. Raises DataError for a file without tables, OSError.
    """
    names, constants = _names(path)
    size = path.stat().st_size or 1
    with path.open("rb") as file:
        yield from in_blocks(_rows(_Scanner(file, path), names, constants), lambda: file.tell() / size)


def _names(path: Path) -> tuple[dict[str, dict[str, int]], Fields]:
    """Return the names of the columns of each array with their places, and the values outside of all arrays."""
    names: dict[str, dict[str, int]] = {}
    constants: Fields = {}
    with path.open("rb") as file:
        scanner = _Scanner(file, path)
        try:
            for array, fields in scanner.records():
                if array:
                    known = names.setdefault(array, {})
                    if not fields.keys() <= known.keys():
                        for name in fields:
                            known.setdefault(name, len(known))
                else:
                    constants |= fields
                if sum(map(len, names.values())) + len(constants) > _MOST_NAMES:
                    raise DataError(path, scanner.line(), _TOO_MANY)
        except Refused as error:
            if not names:
                raise DataError(path, scanner.line(), error.why) from error
    if not names:
        raise DataError(path, None, "the JSON has no array of objects: this is no table")
    outer_first = sorted(names, key=lambda array: array.count("[]"))
    return {array: names[array] for array in outer_first}, constants


def _rows(scanner: _Scanner, names: dict[str, dict[str, int]], constants: Fields) -> Iterator[Row]:
    blank: dict[str, list[str]] = {}
    """The cells of a row of each array without its own values."""
    for array, places in names.items():
        units = {name: value for name, value in constants.items() if _is_unit_of(array, name, value)}
        above = [(name, value) for name, value in constants.items() if name not in units]
        for number, (name, value) in enumerate(above, -1 - len(above)):
            yield Row(array, number, [name, _cell(value)])
        yield Row(array, 0, [*places, *units])
        blank[array] = [""] * len(places) + [_cell(value) for value in units.values()]
    counts = dict.fromkeys(names, 0)
    last = next(iter(names))
    try:
        for array, fields in scanner.records():
            if not array:
                continue
            last, places = array, names[array]
            counts[array] += 1
            cells = blank[array].copy()
            for name, value in fields.items():
                cells[places[name]] = _cell(value)
            yield Row(array, counts[array], cells, _fault(cells))
    except Refused as error:
        yield Row(last, counts[last] + 1, [f"line {scanner.line()}"], error)


def _cell(value: object) -> str:
    return value if isinstance(value, Typed) else as_cell(value)


def _is_unit_of(array: str, name: str, value: object) -> bool:
    """Return whether a value is a unit that stands beside an array, or beside an object around it."""
    around, dot, _ = name.rpartition(".")
    return isinstance(value, str) and _UNIT.fullmatch(value) is not None and array.startswith(around + dot)


def _fault(cells: list[str]) -> Refused | None:
    for cell in cells:
        if not cell.isascii() and _NOT_DECODED.search(cell):
            return Refused("bad-encoding", "the element has bytes that are no text in the encoding of the file")
    return None


def _number(text: str) -> str:
    """Return a number with the digits that the file has, without an exponent."""
    if "e" not in text and "E" not in text:
        return Typed(text)
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > _MOST_ZEROS or len(exponent) > 4 or abs(int(exponent)) > _MOST_ZEROS:
        return text
    return Typed(f"{Decimal(text):f}")


def _completed(array: str, records: Iterator[Record]) -> Iterator[Record]:
    """Yield the elements of an array in an array, with the words that its first one alone says of all of them.

    Such an array is a series, whose name and unit may stand in its first element. Times and figures are that element's.
    """
    first: Fields | None = None
    for name, fields in records:
        if name != array:
            yield name, fields
        elif first is None:
            first = {key: value for key, value in fields.items() if isinstance(value, str) and _is_word(value)}
            yield name, fields
        else:
            yield name, first | fields


def _is_word(value: str) -> bool:
    return not isinstance(value, Typed) and not value[:4].isdigit() and _NUMBER.fullmatch(value) is None


class _Scanner:
    """Reads the text of a file from front to back, and keeps only the part that it is at."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        head = file.read(4)
        self._file = file
        self._path = path
        self._text = codecs.getincrementaldecoder(_encoding(head))("surrogateescape")
        self._held = self._text.decode(head)
        self._at = 0
        self._lines = 1
        """The number of the line in which the part that is kept begins."""
        self._ended = False
        self._below: dict[str, dict[str, str]] = {}
        """Names of values by the name of the object around them and their own."""
        self._decode = json.JSONDecoder(
            parse_float=_number, parse_int=Typed, parse_constant=str, strict=False
        ).raw_decode

    def line(self) -> int:
        """Return the number of the line that is being read."""
        return self._lines + self._held.count("\n", 0, self._at)

    def records(self) -> Iterator[Record]:
        """Yield what the elements of all arrays hold. Raises Refused where the JSON is broken, DataError, OSError."""
        found = self._whole()
        if found is _PART:
            yield from self._document()
        elif isinstance(found, dict) and self._peek():  # a value in each line
            yield from self._of_element("[]", found, {}, 0)
            while self._peek():
                yield from self._element("[]", {}, 0)
        else:
            fields, arrays = self._flat("", found, 0)
            for name, array in arrays:
                yield from self._of_array(name, array, {}, 0)
            yield "", fields
        if self._peek():
            raise self._broken("the end of the file")

    def _document(self) -> Iterator[Record]:
        """Enter a document that is too large to be decoded whole."""
        if self._peek() == "[":
            yield from self._array("[]", {}, 0)
        else:
            fields: Fields = {}
            try:
                yield from self._object("", fields, None, 0)
            except Refused:
                yield "", fields
                raise
            yield "", fields

    # -- values that are entered ---------------------------------------------------------------------------

    def _object(self, name: str, fields: Fields, context: Fields | None, depth: int) -> Iterator[Record]:
        """Add the values of an object to `fields`, and yield what its arrays hold, within `context` and `fields`.

        Without a context the object is in no array.
        """
        self._check(depth)
        self._take("{")
        while self._peek() != "}":
            key = self._scalar()
            if not isinstance(key, str) or isinstance(key, Typed):
                raise self._broken("a name")
            self._take(":")
            inner = f"{name}.{key}" if name else key
            found = self._whole()
            around = {} if context is None else fields | context
            if found is not _PART:
                more, arrays = self._flat(inner, found, depth)
                fields |= more
                for array, elements in arrays:
                    yield from self._of_array(array, elements, around, depth)
            elif self._peek() == "[":
                yield from self._array(f"{inner}[]", around, depth + 1)
            else:
                yield from self._object(inner, fields, context, depth + 1)
            if len(fields) > _MOST_NAMES:
                raise DataError(self._path, self.line(), _TOO_MANY)
            if not self._goes_on("}"):
                break
        self._take("}")

    def _array(self, name: str, context: Fields, depth: int) -> Iterator[Record]:
        self._check(depth)
        self._take("[")
        while self._peek() != "]":
            yield from self._element(name, context, depth)
            if not self._goes_on("]"):
                break
        self._take("]")

    def _element(self, name: str, context: Fields, depth: int) -> Iterator[Record]:
        found = self._whole()
        if found is not _PART:
            yield from self._of_element(name, found, context, depth)
        elif self._peek() == "[":
            yield from _completed(f"{name}[]", self._array(f"{name}[]", context, depth + 1))
        else:
            fields: Fields = {}
            yield from self._object(name, fields, context, depth + 1)
            yield name, fields | context

    def _goes_on(self, end: str) -> bool:
        """Take the comma between two values; return whether there is one."""
        if self._peek() == end:
            return False
        self._take(",")
        if self._peek() == end:
            raise self._broken("a value")
        return True

    # -- values that are decoded whole ---------------------------------------------------------------------

    def _of_array(self, name: str, array: list[object], context: Fields, depth: int) -> Iterator[Record]:
        for element in array:
            yield from self._of_element(name, element, context, depth)

    def _of_element(self, name: str, element: object, context: Fields, depth: int) -> Iterator[Record]:
        """Yield an element of an array, and those of arrays in it. A value that is none of an object is left out."""
        self._check(depth)
        if isinstance(element, list):
            if element and not any(isinstance(each, list | dict) for each in element):
                yield name, {f"{name}[{place}]": each for place, each in enumerate(element)} | context
            else:
                yield from _completed(f"{name}[]", self._of_array(f"{name}[]", element, context, depth + 1))
        elif isinstance(element, dict):
            fields, arrays = self._flat(name, element, depth)
            around = fields | context if context else fields
            yield name, around
            for inner, array in arrays:
                yield from self._of_array(inner, array, around, depth + 1)

    def _flat(self, name: str, value: object, depth: int) -> tuple[Fields, list[tuple[str, list[object]]]]:
        """Return the values in a value by their names, and the arrays in it."""
        fields: Fields = {}
        arrays: list[tuple[str, list[object]]] = []
        if isinstance(value, dict):
            self._fill(name, value, depth, fields, arrays)
        elif isinstance(value, list):
            arrays.append((f"{name}[]", value))
        else:
            fields[name] = value
        return fields, arrays

    def _fill(
        self, name: str, value: Fields, depth: int, fields: Fields, arrays: list[tuple[str, list[object]]]
    ) -> None:
        self._check(depth)
        below = self._below.setdefault(name, {})
        for key, inner in value.items():
            full = below.get(key)
            if full is None:
                full = below[key] = f"{name}.{key}" if name else key
            if isinstance(inner, dict):
                self._fill(full, inner, depth + 1, fields, arrays)
            elif isinstance(inner, list):
                arrays.append((f"{full}[]", inner))
            else:
                fields[full] = inner

    def _check(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise DataError(self._path, self.line(), "the JSON is nested too deeply for a table")

    # -- text ----------------------------------------------------------------------------------------------

    def _whole(self) -> object:
        """Return the next value, or _PART if it has to be entered. Raises Refused for a broken one."""
        sign = self._peek()
        if sign not in ("{", "["):
            return self._scalar()
        if len(self._held) - self._at < _CHUNK:
            self._more()
        try:
            found, self._at = self._decode(self._held, self._at)
        except (json.JSONDecodeError, RecursionError):
            return _PART  # broken or cut ones as well: entering them finds the place
        return found

    def _scalar(self) -> object:
        """Return the next text, number or word."""
        self._peek()
        while True:
            match = _SCALAR.match(self._held, self._at)
            if match is not None and (match.end() < len(self._held) or self._ended):
                break
            if self._ended or len(self._held) - self._at > _LONGEST:
                raise self._broken("a value")
            self._more()
        try:
            found, end = self._decode(self._held, self._at)
        except json.JSONDecodeError as error:
            raise self._broken("a value") from error
        if end != match.end():
            raise self._broken("a value")
        self._at = end
        return found

    def _peek(self) -> str:
        """Return the next sign that is no blank; nothing at the end of the file."""
        while True:
            if self._at < len(self._held) and (sign := self._held[self._at]) > " ":
                return sign
            match = _SPACE.match(self._held, self._at)
            self._at = match.end() if match is not None else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if self._ended:
                return ""
            self._more()

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._broken(f"'{sign}'")
        self._at += 1

    def _more(self) -> None:
        """Read on, and drop what has been read before."""
        if self._ended:
            return
        data = self._file.read(_CHUNK)
        self._ended = not data
        self._lines += self._held.count("\n", 0, self._at)
        self._held = self._held[self._at :] + self._text.decode(data, not data)
        self._at = 0

    def _broken(self, expected: str) -> Refused:
        found = self._held[self._at : self._at + 20] or "the end of the file"
        where = f"the JSON is broken or cut in line {self.line()}"
        return Refused("syntax", f"{where}: {expected} should stand where {found!r} does")
