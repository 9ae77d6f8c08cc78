"""Cases of the list of exceptions as text."""

from __future__ import annotations

from dataclasses import replace

from metertui.engine.base.zone import SiteZone
from metertui.engine.vee.edits import Edit
from metertui.engine.worklist.cases import CAUSES, NEVER, ExceptionRow
from metertui.screens.terminal import theme
from metertui.text import casework

ZONE = SiteZone("Asia/Singapore")
SUSPECT = ExceptionRow(
    meter="m-1",
    time=ZONE.parse("2025-03-12T10:30:00"),
    wh=1_234_500,
    cause="suspect",
    why="1234.5 kWh is lower than the 2000 kWh counted",
    region="East",
    decided=None,
    notes=(),
)
NOW = SUSPECT.time + 90 * 60_000_000
REFUSED = replace(SUSPECT, cause="refused", why="not a reading", line="READ m-1 x\x1b[2J", wh=None)


def test_key_of_a_reading_stays_when_its_cause_changes() -> None:
    [(before, _)], [(after, _)] = casework.keyed([SUSPECT]), casework.keyed([replace(SUSPECT, cause="rejected")])
    assert before == after


def test_keys_of_equal_refused_lines_are_numbered() -> None:
    keys = [key for key, _ in casework.keyed([REFUSED, REFUSED, SUSPECT])]
    assert len(set(keys)) == 3
    assert keys[1] == f"{keys[0]} #2"


def test_row_has_what_is_at_stake_and_how_long_it_waits() -> None:
    cells = casework.cells(SUSPECT, NOW, chosen=True)
    assert cells[:6] == ("● ", "▲ suspect", "m-1", "–", "–", "90 min")
    assert cells[6:] == ("lower than the 2 000.000 kWh counted", "East", "open")
    many = replace(SUSPECT, count=9, stake_wh=765_500, stake_cents=16_841, since=NOW - 86_400_000_000, until=NOW)
    assert casework.cells(many, NOW, chosen=False)[:6] == ("  ", "▲ 9 × suspect", "m-1", "765.500", "168.41", "24 h")
    assert casework.keyed([many]) != casework.keyed([SUSPECT])


def test_row_of_a_region_has_its_silent_meters_and_the_longest_silence() -> None:
    silent = replace(SUSPECT, cause="silent", region="", count=12, stake_wh=9_000, since=NOW - 3 * 86_400_000_000)
    cells = casework.region_cells(silent, NOW, chosen=False)
    assert cells == ("  ", "… (none)", "12", "9.000", "–", "3 d")
    assert len(cells) == len(casework.region_headings("SGD"))
    assert casework.age(NEVER, NOW) == "never"


def test_every_sign_has_a_colour_of_the_themes() -> None:
    assert {casework.sign(cause) for cause in CAUSES} <= casework.INKS.keys()
    for one in theme.THEMES.values():
        variables = {**one.to_color_system().generate(), **one.variables}
        assert set(casework.INKS.values()) <= variables.keys()


def test_case_in_full_shows_control_characters_of_a_refused_line() -> None:
    text = casework.in_full(REFUSED, None, ZONE, "SGD").plain
    assert "sent: READ m-1 x␛[2J" in text


def test_time_of_a_meter_that_never_sent_is_never() -> None:
    assert casework.when(replace(SUSPECT, time=NEVER), ZONE) == "never"


def test_a_row_has_a_mark_for_a_decision_and_for_a_note() -> None:
    note = Edit(ZONE.parse("2025-03-12T11:00:00"), "m-1", "note", SUSPECT.time, "ada", "The owner phoned")
    accept = replace(note, kind="accept", reason="Known")
    rows = [SUSPECT, replace(SUSPECT, notes=(note,)), replace(SUSPECT, notes=(note,), decided=accept)]
    assert [casework.cells(row, NOW, chosen=False)[0] for row in rows] == ["  ", " ✎", " ✓"]


def test_what_people_said_of_a_case_comes_before_what_may_be_cut() -> None:
    note = Edit(ZONE.parse("2025-03-12T11:00:00"), "m-1", "note", SUSPECT.time, "ada", "The owner phoned")
    text = casework.in_full(
        replace(SUSPECT, notes=(note,), decided=replace(note, kind="void")), None, ZONE, "SGD"
    ).plain
    assert [line.split()[0] for line in text.splitlines()] == ["m-1", "void", "note", "suspect,", "East"]


def test_an_open_case_of_refused_lines_stays_the_same_when_another_arrives() -> None:
    before = replace(REFUSED, code="syntax")
    after = replace(before, time=before.time + 1, line="READ m-1 y")
    other = replace(before, code="bad-reading")
    [(first, _)], [(second, _)], [(third, _)] = (casework.keyed([row]) for row in (before, after, other))
    assert first == second != third


def test_an_explanation_says_what_the_stake_has_to_do_with_the_usage() -> None:
    gap = replace(SUSPECT, cause="gap", why="2 days since then; 22.015 kWh spread evenly over it", stake_wh=22_015)
    assert casework.stake_in_words(gap, "SGD") == (
        "Gap, at stake 22.015 kWh: 2 days since then; 22.015 kWh spread evenly over it. "
        "Below is what is known of that time; if nothing is, the mean of the days before is at stake."
    )
    heaviest = casework.stake_in_words(replace(SUSPECT, stake_wh=280, stake_cents=10), "SGD", of=2)
    assert heaviest.startswith("The heaviest of 2 cases, suspect, at stake 0.280 kWh, 0.10 SGD with tax: 1 234.500 kWh")
    assert casework.stake_in_words(SUSPECT, "SGD").endswith("counted. Below is the usage up to the reading.")
