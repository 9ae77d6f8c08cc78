"""metertui: the whole desk for electricity meters in one terminal."""

from __future__ import annotations

__version__ = "0.1.0"
