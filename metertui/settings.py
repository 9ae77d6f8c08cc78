"""The settings: `settings.toml` in the data folder, `METERTUI_…` in the environment, and flags; the last one wins.

The first start writes the file with every setting at its default in a comment, so that it is easy to find and change.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from metertui.engine.base import DAY, HOUR, MINUTE, SECOND, FitRule, Rules, SiteZone, machine_zone
from metertui.engine.errors import MeterError
from metertui.engine.nearest import did_you_mean
from metertui.engine.storage import durable, private_files, stored_offsets

_FILE: Final = "settings.toml"
_PREFIX: Final = "METERTUI_"
_FOLDER_VARIABLE: Final = "METERTUI_DATA"
_HEAD: Final = """\
# The settings of metertui, at their defaults. Remove the # to change a setting; restart to apply it.
# On SIGHUP `metertui serve` takes those that change no figure, and names the others in its log.
"""


def _setting(default: Any, why: str, *, least: float = 0, most: float = 10**9, live: bool = False) -> Any:
    """`live`: a running server takes it on SIGHUP, as it changes no figure."""
    return field(default=default, metadata={"why": why, "least": least, "most": most, "live": live})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting. A field's `why` is the comment beside it in the file."""

    timezone: str = _setting("", "The time zone of the utility; if empty, that of TZ or of this machine")
    host: str = _setting("127.0.0.1", "The address to listen on; clients on other machines are denied for now")
    port: int = _setting(7007, "The TCP port; 0 for any free one", most=65_535)
    max_kw: float = _setting(
        100.0, "The most power that a meter can draw; a reading that implies more is suspect", least=0.001, most=10**6
    )
    rounding_kwh: float = _setting(
        1.0, "A reading that is lower than the one before by at most this was rounded, and counts as equal to it"
    )
    future_minutes: int = _setting(10, "How far a timestamp may be ahead of this machine's clock")
    past_days: int = _setting(
        3650, "How far a timestamp of READ may be behind this machine's clock; import takes older ones as well", least=1
    )
    max_channels: int = _setting(
        64, "The most channels that a meter may send readings of; import takes more", least=1, most=10_000
    )
    silent_hours: int = _setting(
        24, "An active meter that has sent nothing for longer than this is listed as an exception", least=1, live=True
    )
    drift_seconds: int = _setting(
        60, "A meter whose timestamps are further ahead of this machine's clock than this is listed as an exception"
    )
    durability: Literal["disk", "os"] = _setting(
        "disk", 'When OK is sent: "disk" once the reading is on disk, "os" once the operating system has it'
    )
    day_close_at_midnight: bool = _setting(
        True, "Close the day at local midnight; STOPSERVER and the company screen close it as well", live=True
    )
    max_line_bytes: int = _setting(
        1024, "The longest line, including its ending; meters send far shorter ones", least=64, live=True
    )
    max_connections: int = _setting(
        10_000, "Connections at once; each costs a file descriptor and some memory", least=1, live=True
    )
    max_connections_per_peer: int = _setting(
        1000,
        "Connections at once from one other machine, so that it cannot take them all; 0: no limit. "
        "This machine has no limit",
        live=True,
    )
    max_failed_auth: int = _setting(
        5, "Failed AUTH lines after which a connection is closed, so that guessing is slow", least=1, live=True
    )
    idle_seconds: int = _setting(
        7200, "An idle connection is closed after this long; meters send every half hour", least=1, live=True
    )
    keepalive_seconds: int = _setting(
        120,
        "A silent connection is probed after this long, and closed after twice as long if its peer is gone; 0: never",
        most=32_767,
    )
    linger_seconds: float = _setting(
        2.0, "How long input is still read after the last reply; closing at once could lose that reply", live=True
    )
    reply_buffer_bytes: int = _setting(
        262_144,
        "Replies kept for a client that does not read them; at this size, no more input is read from it",
        least=1024,
        live=True,
    )
    reply_buffers_bytes: int = _setting(
        16_777_216, "The same for all clients together, in equal shares: it bounds the memory", least=1024, live=True
    )
    input_buffer_bytes: int = _setting(
        262_144,
        "Input of one client that may wait to be processed; beyond it, TCP makes the client wait",
        least=1024,
        live=True,
    )
    input_buffers_bytes: int = _setting(
        16_777_216, "The same for all clients together, in equal shares: it bounds the memory", least=1024, live=True
    )
    rejects_max_bytes: int = _setting(10_000_000, "rejects.log is rotated at this size", least=1000, live=True)
    require_auth: Literal["remote", "always"] = _setting(
        "remote",
        'Who needs AUTH, and is denied as long as it cannot be set up: "remote" for all but this machine, or "always"',
        live=True,
    )
    currency: str = _setting("SGD", "The currency of the tariffs; cents_per_kwh are hundredths of it")
    gap_hours: float = _setting(
        25.0,
        "Bills and exceptions report a time without a reading that is longer than this; a day may have 25 hours",
        least=0.001,
    )
    theme: Literal["dark", "light", "terminal"] = _setting(
        "dark",
        'The colours of the screens; "terminal" uses those of the terminal; NO_COLOR in the environment turns all off',
        live=True,
    )
    small_group_meters: int = _setting(
        10, "For the role government, figures of fewer meters than this are hidden; 0 hides none"
    )
    small_group_share: float = _setting(
        0.5, "For the role government, figures of which one meter makes up more than this share are hidden", most=1
    )
    session_idle_minutes: int = _setting(
        15, "A login on the screens ends after this long without a key press or click", least=1, live=True
    )
    max_kw_by_type: Mapping[str, float] = field(
        default_factory=dict,
        metadata={
            "why": 'max_kw for meters of an apartment type: {"4-room" = 20}, or lines below [max_kw_by_type]',
            "least": 0.001,
            "most": 10**6,
            "live": False,
        },
    )

    def rules(self) -> Rules:
        """Return the settings of the engine. Raises MeterError for an unknown time zone."""
        return Rules(
            zone=_zone(self.timezone or machine_zone(os.environ), "timezone"),
            fit=FitRule(
                max_w=round(self.max_kw * 1000),
                max_w_by_type={name: round(kw * 1000) for name, kw in self.max_kw_by_type.items()},
                rounding_wh=round(self.rounding_kwh * 1000),
            ),
            future_us=self.future_minutes * MINUTE,
            past_us=self.past_days * DAY,
            most_channels=self.max_channels,
            silent_us=self.silent_hours * HOUR,
            drift_us=self.drift_seconds * SECOND,
            durability=self.durability,
            rejects_bytes=self.rejects_max_bytes,
            currency=self.currency,
            gap_us=round(self.gap_hours * HOUR),
        )


def load(folder: Path, flags: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a data folder, without flags that are None. Raises MeterError that names the setting.

    The zone that a folder states holds, whatever the environment says, or its days and bills would change. One that
    has readings and states none must have been written in the zone that it gets now.
    """
    env = os.environ if env is None else env
    values: dict[str, object] = {}
    path = folder / _FILE
    values |= {name: _check_value(name, value, str(path)) for name, value in _read_file(path).items()}
    stored = values.get("timezone")
    _check_variables(env)
    for name in _TYPES:
        text = env.get(f"{_PREFIX}{name.upper()}")
        if text is not None:
            values[name] = _check_value(name, _parse_text(name, text), f"{_PREFIX}{name.upper()}")
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _check_value(name, value, f"--{name.replace('_', '-')}")
    if stored:
        values["timezone"] = stored
    elif stored_offsets.has_readings(folder):
        zone = SiteZone(str(values.get("timezone") or machine_zone(env)))
        differing = stored_offsets.differing_offset(folder, zone)
        if differing is not None:
            raise MeterError(f"{differing}: set timezone in {path} to the zone of the utility, as it was")
    return Settings(**values)  # type: ignore[arg-type] # each was checked against its field


def store_zone(folder: Path, zone: str) -> None:
    """Write the site zone into the file, unless it states one. Raises MeterError."""
    if not _read_file(folder / _FILE).get("timezone"):
        save_setting(folder, "timezone", zone)


def zone_note(folder: Path, env: Mapping[str, str] | None = None) -> str:
    """Return a sentence where the environment names another zone than the folder; else an empty text.

    Raises MeterError.
    """
    env = os.environ if env is None else env
    stored, given = _read_file(folder / _FILE).get("timezone"), env.get("METERTUI_TIMEZONE", "")
    if not stored or not (given or env.get("TZ")):
        return ""
    what = "METERTUI_TIMEZONE" if given else "TZ"
    try:
        name = given or machine_zone(env)
        if name == stored or SiteZone(name).is_like(SiteZone(str(stored))):
            return ""
    except MeterError:
        name = given or env["TZ"]
    return f"{what} is {name}, but this folder is in {stored}, as its settings.toml says, and stays so"


def compare(before: Settings, after: Settings) -> tuple[list[str], list[str]]:
    """Return the names of the settings that differ: those that a running server takes, and those it does not."""
    changed = [each for each in fields(Settings) if getattr(before, each.name) != getattr(after, each.name)]
    live, waiting = ([each.name for each in changed if each.metadata["live"] is wanted] for wanted in (True, False))
    return live, waiting


def write_defaults(folder: Path) -> None:
    """Write the file with every setting in a comment, unless it exists. Raises StorageError."""
    path = folder / _FILE
    if path.exists():
        return
    lines = [_HEAD]
    for each in fields(Settings):
        lines.append(f"\n# {each.metadata['why']}.\n# {each.name} = {_format_toml(getattr(Settings(), each.name))}\n")
    durable.replace_file(path, "".join(lines).encode())


def has_file(folder: Path) -> bool:
    """Return whether the folder has a settings file, which it has once it was opened."""
    return (folder / _FILE).exists()


def save_setting(folder: Path, name: str, value: object) -> None:
    """Write one setting into the file, for the next start. Raises MeterError."""
    _check_value(name, value, f"the setting {name}")
    write_defaults(folder)
    path = folder / _FILE
    try:
        lines = private_files.read_file(path).decode("utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise MeterError(f"cannot read {path}") from error
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    table = next((place for place, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    stated = [place for place, line in enumerate(lines[:table]) if line.lstrip("# ").split("=")[0].strip() == name]
    place = next((place for place in stated if not lines[place].startswith("#")), stated[0] if stated else table)
    lines[place : place + bool(stated)] = [f"{name} = {_format_toml(value)}\n"]
    durable.replace_file(path, "".join(lines).encode())


_TYPES: Final[dict[str, Any]] = get_type_hints(Settings)
_TABLES: Final = frozenset({"max_kw_by_type"})
"""Settings that are tables of numbers by name."""
_BOUNDS: Final = {each.name: (each.metadata["least"], each.metadata["most"]) for each in fields(Settings)}


def _read_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(private_files.read_file(path).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MeterError(f"{path}: this is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError; thousands of digits, or of brackets
        raise MeterError(f"{path}: {error}") from error


def _check_variables(env: Mapping[str, str]) -> None:
    """Raise MeterError for a variable that looks like a setting and is none: it would be ignored in silence."""
    known = [_FOLDER_VARIABLE, *(f"{_PREFIX}{name.upper()}" for name in _TYPES)]
    for name in sorted(env):
        if name.startswith(_PREFIX) and name not in known:
            raise MeterError(f"the variable {name} is no setting and must be unset{did_you_mean(name, known)}")


def _check_value(name: str, value: object, where: str) -> object:
    kind = _TYPES.get(name)
    if kind is None:
        shown = name if name.isprintable() else repr(name)
        meant = did_you_mean(name, _TYPES)
        raise MeterError(f"{where}: {shown} is not a setting; the settings are {', '.join(_TYPES)}{meant}")
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            meant = did_you_mean(str(value), get_args(kind))
            raise MeterError(f"{where}: {name} must be one of {', '.join(get_args(kind))}, not {value!r}{meant}")
        return value
    if name in _TABLES:
        return _check_table(name, value, where)
    if kind is float and type(value) is int:
        value = float(max(-1e300, min(value, 1e300)))  # a float cannot represent whole numbers of any length
    if type(value) is not kind:
        raise MeterError(f"{where}: {name} must be {_KINDS[kind]}, not {value!r}")
    if isinstance(value, int | float):
        least, most = _BOUNDS[name]
        if not least <= value <= most:
            raise MeterError(f"{where}: {name} must be from {least} to {most}, not {value!r}")
    if name == "host" and not value:
        raise MeterError(f"{where}: host must be an address to listen on; 0.0.0.0 is all of IPv4, :: all")
    if name == "currency" and not re.fullmatch("[A-Z]{3}", str(value)):
        raise MeterError(f"{where}: currency must be three capital letters such as SGD, not {value!r}")
    if name == "timezone" and isinstance(value, str) and value:
        _zone(value, f"{where}: timezone")
    return value


def _check_table(name: str, value: object, where: str) -> dict[str, float]:
    if not isinstance(value, dict):
        raise MeterError(f"{where}: {name} must be a table of numbers by name, not {value!r}")
    least, most = _BOUNDS[name]
    for key, number in value.items():
        if type(number) not in (int, float) or not least <= number <= most:
            raise MeterError(f"{where}: {name} of {key!r} must be a number from {least} to {most}, not {number!r}")
    return {key: float(number) for key, number in value.items()}


def _zone(name: str, where: str) -> SiteZone:
    try:
        return SiteZone(name)
    except MeterError as error:
        raise MeterError(f"{where}: {error}") from error


_KINDS: Final = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _parse_text(name: str, text: str) -> object:
    kind = _TYPES[name]
    try:
        if name in _TABLES:
            pairs = (part.rpartition("=") for part in text.split(",") if part.strip())
            return {key.strip(): float(number) for key, _, number in pairs}
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
        return kind(text) if kind in (int, float) else text
    except ValueError:
        return text


def _format_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {number}' for key, number in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value)
