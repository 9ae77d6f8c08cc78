"""The commands that the owner of a folder runs for other processes."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.tariffs import COLUMNS
from metertui.engine.errors import MeterError
from metertui.engine.index.reading_list import frame_of_description
from metertui.engine.storage.audit_log import local_user_name
from metertui.headend.read_only import STATUS_FIELDS
from metertui.headend.service import HeadEnd
from metertui.server import owner_commands
from metertui.server.control_protocol import MalformedMessage, TooLong
from tests.server.control_client import send_command


async def test_accounts_change_in_the_running_engine(folder: Path, owner: HeadEnd) -> None:
    made = await send_command(folder, "users register", meter="m-1", region="East")
    assert made["result"] == {
        "identifier": "m-1",
        "address": "",
        "region": "East",
        "sub_region": "",
        "postcode": "",
        "apartment_type": "",
        "status": "active",
        "registered": "2025-03-12T10:40:00+08:00",
        **dict.fromkeys(("digits", "multiplier", "daily_reset", "max_kw"), ""),
    }
    assert (await owner.store_reading("m-1", "5", None, "test")).kind == "ok"
    assert (await send_command(folder, "users modify", meter="m-1", region="West"))["result"]["region"] == "West"
    assert (await send_command(folder, "users deactivate", meter="m-1"))["result"]["status"] == "deactivated"
    assert (await owner.store_reading("m-1", "6", None, "test")).code == "deactivated"
    assert (await send_command(folder, "users reactivate", meter="m-1"))["result"]["status"] == "active"
    assert (await send_command(folder, "users reactivate", meter="m-1")) == {"error": "m-1 is active already"}
    assert (await send_command(folder, "users register", meter="m-1")) == {"error": "m-1 is registered already"}
    assert (await send_command(folder, "close"))["result"]["readings"] == 1
    await asyncio.wrap_future(owner._jobs.append(bool))  # the notes are written
    audit = [line.split("\t")[1:4] for line in (folder / "audit.log").read_text().splitlines()]
    me = local_user_name(os.getuid())
    assert [entry for entry in audit if entry[0] != "test"] == [
        [me, verb, "m-1"] for verb in ("register", "modify", "deactivate", "reactivate")
    ] + [[me, "close", ""]]


async def test_staff_are_added_by_their_password_hash(folder: Path, owner: HeadEnd) -> None:
    member = owner.engine.staff.make_member("a@b.example", "operator", "secret horse")
    given = {"email": member.email, "role": member.role, "password_hash": member.password_hash}
    assert await send_command(folder, "admins add", **given) == {"result": None}
    assert await owner.staff.log_in("a@b.example", "secret horse") == "operator"
    for bad in ({"password_hash": "secret horse"}, {"role": "king"}, {"email": "nobody"}, {"role": 5}):
        assert "error" in await send_command(folder, "admins add", **{**given, **bad})
    last = "a@b.example is the last operator; make another one first"
    assert await send_command(folder, "admins remove", email="a@b.example") == {"error": last}
    assert await send_command(folder, "admins add", **{**given, "email": "b@b.example"}) == {"result": None}
    assert await send_command(folder, "admins remove", email="a@b.example") == {"result": None}
    assert await owner.staff.log_in("a@b.example", "secret horse") is None
    assert "error" in await send_command(folder, "admins remove", email="a@b.example")


async def test_bills_are_issued_by_the_owner(folder: Path, owner: HeadEnd) -> None:
    await send_command(folder, "users register", meter="m-1")
    assert await send_command(folder, "bill issue", month="2025-02") == {
        "error": "there is no tariffs.csv: bills without a price cannot be issued"
    }
    (folder / "tariffs.csv").write_text(",".join(COLUMNS) + "\n2025-01-01,,,,,20,9\n")
    done = await send_command(folder, "bill issue", month="2025-02")
    sums = "0 kWh, net 0.00, tax 0.00, total 0.00 SGD"
    totals = {"usage_kwh": 0, "net": "0.00", "tax": "0.00", "total": "0.00", "currency": "SGD"}
    counts = {"new": 0, "changes": 0, "bills": 0, "count": "0 bills and 1 meter without data"}
    rules = {"by_rules": 0, "accepted": False, "waiting": ""}
    assert done["result"] == {**counts, **rules, "sums": sums, "totals": totals, "unissued": [], "gaps": ""}
    assert (await send_command(folder, "bill issue", month="2025-02"))["result"]["new"] == 0
    assert "is not over" in (await send_command(folder, "bill issue", month="2025-03"))["error"]
    assert owner.engine.bills.issued_months() == ["2025-02"]
    await owner.stop()
    assert f"\t{local_user_name(os.getuid())}\tissue\t2025-02\t0 bills" in (folder / "audit.log").read_text()


async def not_sent(part: object) -> None:
    raise AssertionError(part)


def call(owner: HeadEnd, **arguments: object) -> owner_commands.Call:
    return owner_commands.Call(owner, "test", arguments, no_progress, not_sent)


async def test_arguments_must_have_their_type(owner: HeadEnd) -> None:
    given = call(owner, meter=5, files="x.csv", decisions=[5], region="East")
    assert given.optional_text("reason") is None
    assert given.account_fields() == {"region": "East"}
    for parse, message in (
        (lambda: given.text("meter"), "meter must be a string"),
        (lambda: given.optional_text("meter"), "meter must be a string"),
        (lambda: given.items("files", str), "files must be a list of strings"),
        (lambda: given.items("decisions", dict), "decisions must be a list of objects"),
    ):
        with pytest.raises(MalformedMessage, match=message):
            parse()


async def test_an_import_of_an_unknown_format_is_refused(owner: HeadEnd) -> None:
    with pytest.raises(MalformedMessage, match="one of log, day, wide"):
        await owner_commands.COMMANDS["import"].run(call(owner, files=["x.csv"], form="pdf"))


async def test_what_is_said_of_a_file_reaches_its_import(owner: HeadEnd, tmp_path: Path) -> None:
    run = owner_commands.COMMANDS["import"].run
    file = tmp_path / "x.csv"
    file.write_text("identifier,start,end,kwh,quality\nx,2025-03-10T08:00:00+08:00,2025-03-10T09:00:00+08:00,150,\n")
    files = [str(file)]
    planned = await run(call(owner, files=files, dry_run=True))
    assert isinstance(planned, dict)
    assert (planned["new"], planned["suspect"], planned["suspects"][0]["code"]) == (1, 1, "above-max-kw")
    assert "x" not in owner.engine.accounts
    with pytest.raises(MeterError, match="give --max-kw"):
        await run(call(owner, files=files))
    stored = await run(call(owner, files=files, said={"max_kw": 150.0}, replace=True))
    assert isinstance(stored, dict)
    assert stored["meters"][0]["total_kwh"] == 150
    with pytest.raises(MalformedMessage, match="said must be an object"):
        await run(call(owner, files=files, said="kWh"))


async def listed(owner: HeadEnd, send_part: owner_commands.SendPart, **arguments: object) -> object:
    asked = {"from": "2025-03-01", "to": "2025-03-31", **arguments}
    given = owner_commands.Call(owner, "test", asked, no_progress, send_part)
    return await owner_commands.COMMANDS["query readings"].run(given)


async def test_readings_are_sent_in_parts(owner: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    await owner.accounts.register("m-1", {"region": "East"}, "test")
    await owner.accounts.register("m-2", {"region": "West"}, "test")
    for kwh in range(5):
        for meter in ("m-1", "m-2"):
            await owner.store_reading(meter, str(kwh), f"2025-03-11T0{kwh}:30", "test")
    monkeypatch.setattr(owner_commands, "_READINGS", 4)
    sent: list[pd.DataFrame] = []

    async def take(part: object) -> None:
        assert isinstance(part, dict)
        if len(part["time"]) > 3:
            raise TooLong("4 readings do not fit")
        sent.append(frame_of_description(json.loads(json.dumps(part))))

    assert await listed(owner, take, region="West", sort="-timestamp") == {"readings": 5}
    assert [len(part) for part in sent] == [2, 2, 1]
    found = pd.concat(sent)
    assert found["reading_kwh"].tolist() == [4, 3, 2, 1, 0]
    assert set(found["identifier"]) == {"m-2"}
    assert set(found["region"]) == {"West"}
    assert str(found["timestamp"].iloc[0]) == "2025-03-11 04:30:00+08:00"
    assert await listed(owner, take, time="01:00-03:00", limit=3) == {"readings": 3}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"from": "March"}, "from and to must be dates"),
        ({"limit": -1}, "limit must be a whole number"),
        ({"limit": True}, "limit must be a whole number"),
        ({"sort": "colour"}, "colour is not a column"),
        ({"region": "Nroth"}, "no meter has the region Nroth"),
        ({"meter": "m-9"}, "m-9 is not registered"),
        ({"time": "dawn"}, "dawn is not a time of day"),
        ({"to": "2024-01-01"}, "2024-01-01 is before 2025-03-01"),
    ],
)
async def test_a_list_that_cannot_be_made_is_an_error(owner: HeadEnd, arguments: dict[str, object], why: str) -> None:
    with pytest.raises(MeterError, match=why):
        await listed(owner, not_sent, **arguments)


async def test_the_status_has_the_fields_that_followers_need(owner: HeadEnd) -> None:
    status = await owner_commands.COMMANDS["status"].run(call(owner))
    assert status.keys() == STATUS_FIELDS.keys()
    assert (status["day_state"], status["connections"]) == ("open", 0)
