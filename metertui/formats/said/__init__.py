"""What a person says of a file beside it."""

from __future__ import annotations

from metertui.formats.said.options import NOTHING_SAID, DateOrder, Kind, Said, agreed, not_said, said_from_json

__all__ = ["NOTHING_SAID", "DateOrder", "Kind", "Said", "agreed", "not_said", "said_from_json"]
