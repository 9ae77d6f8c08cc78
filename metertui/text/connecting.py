"""How meters connect, in words and lines to copy."""

from __future__ import annotations

from rich.text import Text


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
    text.append("   --meters 100 --register --live --interval 10s\n", style="bold")
    return text
