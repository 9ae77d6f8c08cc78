"""metertui: the whole desk for electricity meters in one terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metertui.engine.errors import MeterError

if TYPE_CHECKING:  # pandas loads slowly, and the command line does without this
    import os

    from metertui.dataframes import OpenFolder

__all__ = ["MeterError", "open"]

__version__ = "0.1.0"


def open(folder: str | os.PathLike[str] = "data") -> OpenFolder:  # noqa: A001  # as in tarfile.open
    """Open a data folder for reading, beside the process that owns it: its figures as pandas DataFrames.

    See `metertui.dataframes`. Raises MeterError if there is no such folder or it cannot be read.
    """
    from metertui.dataframes import open_folder  # noqa: PLC0415

    return open_folder(folder)
