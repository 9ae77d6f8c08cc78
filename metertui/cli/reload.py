"""Settings that a running server takes from its file on SIGHUP: those that change no figure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from metertui import settings
from metertui.engine.errors import MeterError
from metertui.headend import HeadEnd
from metertui.server import Listener
from metertui.settings import Settings

_logger = logging.getLogger("metertui")


class Reload:
    """Reads the settings again and puts those into effect that a running server can take."""

    def __init__(self, headend: HeadEnd, listener: Listener, config: Settings, load: Callable[[], Settings]) -> None:
        self._headend = headend
        self._listener = listener
        self._config = _with_zone(config)
        self._load = load

    def __call__(self) -> None:
        """Reload, and log which settings have changed and which need a restart; a broken file changes nothing."""
        try:
            wanted = _with_zone(self._load())
        except MeterError as error:
            _logger.error("SIGHUP: the settings stay as they are: %s", error)
            return
        taken, waiting = settings.compare(self._config, wanted)
        self._config = replace(self._config, **{name: getattr(wanted, name) for name in taken})
        self._apply(self._config)
        _logger.info("SIGHUP: settings reloaded; changed: %s", ", ".join(taken) or "none")
        if waiting:
            _logger.warning("SIGHUP: these settings change with a restart only: %s", ", ".join(waiting))

    def _apply(self, config: Settings) -> None:
        self._listener.adopt(config)
        self._headend.day_close.at_midnight = config.day_close_at_midnight
        engine, rules = self._headend.engine, config.rules()
        engine.rules = replace(engine.rules, silent_us=rules.silent_us, rejects_bytes=rules.rejects_bytes)
        engine.rejects.max_bytes = rules.rejects_bytes


def _with_zone(config: Settings) -> Settings:
    """Return settings that name the zone which they stand for: a first start stores it. Raises MeterError."""
    return replace(config, timezone=config.rules().zone.name)
