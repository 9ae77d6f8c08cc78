"""How meters connect, in words and lines to copy."""

from __future__ import annotations

from typing import Final

from rich.text import Text

NO_METER: Final = (
    "There is no meter yet. Take in a file or register one on the company screen (F6), or let meters register "
    "themselves: the live screen (F2) shows how."
)
NO_READINGS: Final = (
    "There are no readings yet: meters send them, or a file has them (F6, 4 File). Press ctrl+r to look again."
)


def invitation(address: str, command: str, begin: str = "Nothing has arrived yet. Meters connect to ") -> Text:
    """Return where meters connect, and commands to try, in lines of at most 80 columns to copy."""
    if not address:
        return Text("Nothing has arrived yet, and no port is open.")
    host, _, port = address.rpartition(":")
    text = Text(begin, justify="left")
    text.append(address, style="bold")
    text.append(" and send lines. Try it from another terminal:\n\n")
    sent = "printf 'REGISTER 123456\\nREAD 123456 144.5\\n'"
    text.append(f" {sent} | nc -N {host.strip('[]')} {port}\n\n", style="bold")
    text.append("or let simulated meters do it:\n\n")
    text.append(f" {command} simulate --port {port} \\\n", style="bold")
    text.append("   --meters 100 --register --live --interval 10s\n\n", style="bold")
    text.append("or take in a file of a portal or of another program: F6, 4 File.")
    return text
