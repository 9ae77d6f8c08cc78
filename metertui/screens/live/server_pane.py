"""The server: its figures, and the busiest connections."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical

from metertui.engine.core import LiveSnapshot, Peer
from metertui.screens.live.ingest_figures import server_line
from metertui.screens.shell import OnDesk, Steady
from metertui.screens.tables import Column, Listing
from metertui.text import fmt

_MOST: Final = 50
_LEAST_SECONDS: Final = 1.0
"""The shortest time that a connection's rate is measured over: meters send some lines at once, then none."""


class ServerPane(OnDesk, Vertical):
    """A line or two of figures above a table of connections with their counts and rates."""

    def __init__(self) -> None:
        super().__init__(id="peers-pane")
        self._peers: dict[str, Peer] = {}
        self._at = 0.0
        self._rates: dict[str, float] = {}

    def compose(self) -> ComposeResult:
        yield Steady(id="server-figures")
        yield Steady(classes="heading", id="peers-heading")
        yield Listing(
            ("from", Column("since", 8, right=True), ">lines", ">per second", ">refused", ">input queue"),
            most=_MOST,
            enter="In full",
            id="peers-table",
        )

    def show_figures(self, snapshot: LiveSnapshot) -> None:
        """Show the figures of the server."""
        self.query_one("#server-figures", Steady).show(server_line(snapshot, self.screen.size.width - 2))

    def show_heading(self, snapshot: LiveSnapshot, state: str) -> None:
        """Show how many connections there are, followed by the state of the table."""
        number, total = fmt.count(snapshot.connections), fmt.count(snapshot.connections_total)
        some = f", the {_MOST} busiest" if snapshot.connections > _MOST else ""
        text = f"{number} open{some}; {total} since the start" if snapshot.connections else "No client is connected."
        text = "Clients connect to the owner of the folder, not to this desk." if snapshot.following else text
        self.query_one("#peers-heading", Steady).show(f"{text}{state}")

    def show_connections(self, snapshot: LiveSnapshot) -> None:
        """Show the connections, each with its rate since it was measured last."""
        peers = self.headend.peers(_MOST)
        seconds = snapshot.uptime - self._at
        if not self._peers or seconds >= _LEAST_SECONDS:
            self._rates = {
                peer.name: (peer.requests - self._peers[peer.name].requests) / seconds
                for peer in peers
                if peer.name in self._peers
            }
            self._peers, self._at = {peer.name: peer for peer in peers}, snapshot.uptime
        self.query_one("#peers-table", Listing).show(
            [
                (
                    f"{peer.name} {peer.since}",
                    (
                        peer.name,
                        fmt.clock_or_moment(peer.since, snapshot.at, self.zone),
                        fmt.count(peer.requests),
                        fmt.rate(self._rates[peer.name]) if peer.name in self._rates else "–",
                        fmt.count(peer.refused),
                        fmt.size(peer.waiting),
                    ),
                )
                for peer in peers
            ],
        )
