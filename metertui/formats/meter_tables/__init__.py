"""Tables of registers or of energy per interval, of any shape: which columns are what, and what a person must say."""

from __future__ import annotations

from metertui.formats.meter_tables import nem_streams
from metertui.formats.meter_tables.reading import open_meter_table

__all__ = ["nem_streams", "open_meter_table"]
