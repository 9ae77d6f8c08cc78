"""The edit log: edits are appended, undone by later ones, and survive a torn line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.columns import FIRST
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.storage import durable
from metertui.engine.vee.edit_log import HEADER, EditLog, check_reason, format_values, parse_row
from metertui.engine.vee.edits import Edit, MeterEdits

ZONE = SiteZone("Asia/Singapore")
NOW = ZONE.parse("2025-03-12T10:40:00")
AT = ZONE.parse("2025-03-10T02:00:00")


def edit(kind: str, at: int | None = AT, *, meter: str = "m", who: str = "ann", decided: int = NOW) -> Edit:
    registers = (9000, 100) if kind == "exchange" else (0, 0)
    return Edit(decided, meter, kind, at, who, "a reason", *registers)


@pytest.fixture
def log(tmp_path: Path) -> EditLog:
    log = EditLog(tmp_path, ZONE)
    log.load()
    return log


def store(log: EditLog, *edits: Edit) -> None:
    log.append_edits(edits)
    for each in edits:
        log.apply_edit(each)


def test_edits_are_read_back_as_they_were_appended(tmp_path: Path, log: EditLog) -> None:
    edits = [edit("void"), edit("exchange", AT + HOUR), edit("deactivate", None, who="=bob"), edit("note", meter="n")]
    store(log, *edits[:2])
    store(log, *edits[2:])
    again = EditLog(tmp_path, ZONE)
    again.load()
    assert list(again) == edits
    assert again.newest == edits[-1]
    assert again.history_of_meter("m") == edits[:3]
    assert ",'=bob," in log.path.read_text()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("void", f"at={ZONE.iso(AT)} kwh=850"),
        ("unvoid", f"at={ZONE.iso(AT)} kwh=850"),
        ("release", f"at={ZONE.iso(AT)} kwh=850"),
        ("correct", f"at={ZONE.iso(AT)} from=850 to=580.5"),
        ("uncorrect", f"at={ZONE.iso(AT)} from=850 to=580.5"),
        ("void", f"at={ZONE.iso(AT)}"),
    ],
)
def test_an_edit_names_the_value_that_it_is_about(kind: str, values: str) -> None:
    found = parse_row((ZONE.iso(NOW), "m", kind, values, "ann", "x"), ZONE)
    assert format_values(found, ZONE) == values
    assert found.wh == (850_000 if "850" in values else FIRST)
    assert found.to == (580_500 if "580" in values else 0)


def test_an_undone_edit_stays_in_the_history_alone(log: EditLog) -> None:
    void, undo = edit("void"), edit("unvoid", decided=NOW + 1)
    store(log, void)
    assert log.is_in_force(void)
    frozen = log.frozen()
    assert log.frozen() is frozen
    store(log, undo)
    assert not log.is_in_force(void)
    assert log.frozen()["m"].voids == {}
    assert frozen["m"].voids == {AT: {FIRST: void}}, "what a thread has does not change"
    assert log.history_of_meter("m") == [void, undo]
    edits = log.edits_of_meter("m")
    assert edits is not None
    assert edits.void_of(AT, 5) is None


def test_the_latest_edits_of_a_person_are_those_made_together(log: EditLog) -> None:
    first, second, other = edit("void"), edit("release", AT + HOUR, decided=NOW + 1), edit("void", who="bob", meter="n")
    together = edit("release", AT + 2 * HOUR, decided=NOW + 1)
    store(log, first, other, second, together)
    assert log.last_edits_by("ann") == [second, together]
    assert log.last_edits_by("eve") == []


def test_what_is_before_the_latest_edits_of_a_person_is_not_looked_at(
    log: EditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(200):
        log.apply_edit(edit("void", AT + place, decided=NOW + place // 100))
    looked: list[Edit] = []
    monkeypatch.setattr(log, "is_in_force", lambda each: not looked.append(each))
    monkeypatch.setattr(MeterEdits, "in_force", None)
    assert len(log.last_edits_by("ann")) == len(looked) == 100


def test_a_retracted_append_leaves_no_trace(log: EditLog) -> None:
    store(log, edit("void"))
    before = log.path.read_bytes()
    log.retract_append(log.append_edits([edit("void", AT + HOUR)]))
    assert log.path.read_bytes() == before


def test_an_append_that_cannot_even_be_retracted_goes_with_the_next_one(
    tmp_path: Path, log: EditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(5, "Input/output error")

    store(log, edit("void"))
    mark = log.append_edits([edit("void", AT + HOUR)])
    with monkeypatch.context() as patched:
        patched.setattr(durable, "sync_metadata_too", refuses)
        with pytest.raises(StorageError):
            log.retract_append(mark)
    store(log, edit("void", AT + 2 * HOUR))
    again = EditLog(tmp_path, ZONE)
    again.load()
    assert list(again) == list(log)


def test_a_torn_last_line_is_dropped_with_a_warning(tmp_path: Path, log: EditLog) -> None:
    store(log, edit("void"))
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b"2025-03-12T10:40:00+08:00,m,vo")
    again = EditLog(tmp_path, ZONE)
    again.load()
    assert (len(again), len(again.warnings)) == (1, 1)
    again.mend()
    assert log.path.read_bytes() == whole


@pytest.mark.parametrize(
    ("what", "values", "why"),
    [
        ("mend", f"at={ZONE.iso(AT)}", "'mend' is not a kind of decision"),
        ("void", "", "the values of void are at=… [kwh=…]"),
        ("correct", f"at={ZONE.iso(AT)} from=1", "the values of correct are at=… from=… to=…"),
        ("void", f"at={ZONE.iso(AT)} at={ZONE.iso(AT)}", "the values of void are at=…"),
        ("exchange", f"at={ZONE.iso(AT)} final=9", "the values of exchange are at=… final=… initial=…"),
        ("deactivate", f"at={ZONE.iso(AT)}", "the values of deactivate are"),
    ],
)
def test_an_invalid_row_is_refused_with_its_reason(what: str, values: str, why: str) -> None:
    with pytest.raises(Refused, match=re.escape(why)):
        parse_row((ZONE.iso(NOW), "m", what, values, "ann", "x"), ZONE)
    assert len(HEADER) == 6


def test_a_reason_is_one_short_line() -> None:
    assert check_reason("  read \n twice ") == "read twice"
    for wrong in ("", " \n", "x" * 401, "a\x1bb"):
        with pytest.raises(MeterError, match="reason"):
            check_reason(wrong)
