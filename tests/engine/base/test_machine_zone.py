"""The zone of a machine, by name."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import TZPATH

import pytest

from metertui.engine.base.machine_zone import machine_zone
from metertui.engine.errors import MeterError


def zone_file(name: str) -> Path:
    return next(path for folder in TZPATH if (path := Path(folder) / name).exists())


@pytest.fixture
def localtime(tmp_path: Path) -> Path:
    """A link to Berlin, as most machines have it."""
    path = tmp_path / "localtime"
    path.symlink_to(zone_file("Europe/Berlin"))
    return path


def found(localtime: Path, tz: str | None = None) -> str:
    return machine_zone({} if tz is None else {"TZ": tz}, localtime, localtime.parent / "timezone")


@pytest.mark.parametrize("tz", ["Asia/Singapore", ":Asia/Singapore", "{file}", ":{file}"])
def test_tz_names_a_zone_or_its_file(localtime: Path, tz: str) -> None:
    assert found(localtime, tz.format(file=zone_file("Asia/Singapore"))) == "Asia/Singapore"


def test_a_link_is_followed(localtime: Path) -> None:
    assert found(localtime) == found(localtime, "") == found(localtime, f":{localtime}") == "Europe/Berlin"


def test_a_copy_is_known_by_its_content(localtime: Path) -> None:
    localtime.unlink()
    localtime.write_bytes(zone_file("Australia/Lord_Howe").read_bytes())
    assert found(localtime) in ("Australia/LHI", "Australia/Lord_Howe")
    (localtime.parent / "timezone").write_text("Australia/Lord_Howe\n")
    assert found(localtime) == found(localtime, f":{localtime}") == "Australia/Lord_Howe"
    (localtime.parent / "timezone").write_text("Europe/Berlin\n")  # of long ago
    assert found(localtime) in ("Australia/LHI", "Australia/Lord_Howe")


@pytest.mark.parametrize("tz", ["SGT-8", "<+08>-8", "Mars/Olympus", "/etc/passwd", ":/nowhere", ":"])
def test_what_has_no_name_is_refused_by_a_line_that_names_tz_and_the_setting(localtime: Path, tz: str) -> None:
    if tz == ":":  # says nothing
        assert found(localtime, tz) == "Europe/Berlin"
        return
    with pytest.raises(
        MeterError, match=r"^TZ is '.*', which is no time zone by name; set the setting timezone, or TZ"
    ):
        found(localtime, tz)


def test_a_machine_without_a_zone_is_in_utc(localtime: Path) -> None:
    localtime.unlink()
    assert found(localtime) == "UTC"
    (localtime.parent / "timezone").write_text("Asia/Tokyo\n")
    assert found(localtime) == "Asia/Tokyo"
    localtime.write_bytes(b"TZif of nowhere")
    with pytest.raises(MeterError, match=r"localtime is no time zone that has a name; set the setting timezone, or TZ"):
        found(localtime)
