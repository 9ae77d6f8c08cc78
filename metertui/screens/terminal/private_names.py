"""Whether the installed Textual may be trusted to have the private names that this package uses.

The modules that use them were tested with one version. With any other the app uses Textual's own classes instead: it
then draws more slowly, and is not broken.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

TESTED_VERSION: Final = "8.2.8"
"""The version of Textual that the modules below were tested with. Run the tests of this package before changing it."""


def is_tested_textual() -> bool:
    """Return whether the installed Textual is the version that the private names were tested with."""
    return version("textual") == TESTED_VERSION
