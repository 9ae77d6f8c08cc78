"""Connections leave descriptors for everything else, whatever the system allows."""

from __future__ import annotations

import resource

import pytest

from metertui.server import file_limit
from metertui.server.file_limit import Room


class System:
    """The limit of open files of a system that allows `most`, of which `soft` are allowed at first."""

    def __init__(self, soft: int, hard: int, most: int | None = None) -> None:
        self.limits = soft, hard
        self.most = most

    def getrlimit(self, what: int) -> tuple[int, int]:
        assert what == resource.RLIMIT_NOFILE
        return self.limits

    def setrlimit(self, _: int, limits: tuple[int, int]) -> None:
        if self.most is not None and limits[0] > self.most:
            raise ValueError("current limit exceeds maximum limit")
        self.limits = limits


@pytest.fixture
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> System:
    made = System(*request.param)
    for name in ("getrlimit", "setrlimit"):
        monkeypatch.setattr(resource, name, getattr(made, name))
    return made


@pytest.mark.parametrize(
    ("system", "soft"),
    [((1024, 20_000), 10_256), ((1024, -1), 10_256), ((20_000, 20_000), 20_000), ((-1, -1), -1)],
    indirect=["system"],
)
def test_a_limit_that_can_be_raised_is_raised(system: System, soft: int) -> None:
    assert file_limit.make_room(10_000) == Room(10_000, 64)
    assert system.limits[0] == soft


@pytest.mark.parametrize(
    ("system", "connections", "refused"),
    [
        ((1024, 4096), 3840, 64),
        ((1024, 1024), 768, 64),
        ((256, 10_300, 1024), 192, 16),  # the hard limit is not what this system allows
        ((64, 64), 16, 12),
        ((30, 30), 1, 12),
    ],
    indirect=["system"],
)
def test_a_limit_that_stays_too_low_leaves_files_for_the_rest_and_is_reported(
    system: System, connections: int, refused: int
) -> None:
    room = file_limit.make_room(10_000)
    assert (room.connections, room.refused) == (connections, refused)
    assert room.shortfall.startswith(
        f"the system allows {system.limits[0]} open files, so at most {connections} connections are taken at once, "
        "not 10000 (max_connections)"
    )
    assert "\n" not in room.shortfall


@pytest.mark.parametrize("system", [(1024, 1024)], indirect=True)
@pytest.mark.usefixtures("system")
def test_fewer_connections_than_fit_are_no_matter() -> None:
    assert file_limit.make_room(700) == Room(700, 64)
    assert file_limit.make_room(768) == Room(768, 64)
