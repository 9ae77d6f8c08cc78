"""What can be done from every screen: the verbs of other screens that the palette offers everywhere."""

from __future__ import annotations

from typing import Final, NamedTuple


class Errand(NamedTuple):
    """Something that is done on one screen and may be asked for on any."""

    title: str
    does: str
    """A sentence without its full stop."""
    keys: str
    """What to press for it."""
    place: str
    """The name of the screen among the screens of the app."""
    action: str
    """What is run there."""
    writes: bool = False
    """Whether it can be done only where something can be written."""


ERRANDS: Final = (
    Errand("Close the day", "Write the log to day files while readings arrive", "F2 d", "live", "close_day", True),
    Errand("Find a meter", "Look up the usage of one meter", "F3 /", "lookup", "search"),
    Errand("Tariffs", "Show which prices hold from when, or change them", "F4 t", "billing", "tariffs"),
    Errand("Billing run", "Work out, write or issue all bills of a month", "F4 b", "billing", "run"),
    Errand("Ask a question", "Choose period, meters, breakdown and measure", "F5 f", "government", "build"),
    Errand("Saved questions", "Open a question that was saved, or an example", "F5 o", "government", "open"),
    Errand("Accounts", "Find an account by any of its texts", "F6", "company", "open_tab('accounts')"),
    Errand("Register an account", "Open the form of accounts", "F6, tab Form", "company", "open_tab('form')", True),
    Errand(
        "Enter a reading",
        "Store a reading that was read by hand",
        "F6, tab Reading",
        "company",
        "open_tab('reading')",
        True,
    ),
    Errand(
        "Readings from a file",
        "Preview a file of readings and store it",
        "F6, tab File",
        "company",
        "open_tab('upload')",
        True,
    ),
    Errand("Staff", "Show who may log in, and change it", "F6, tab Staff", "company", "open_tab('staff')"),
    Errand("Audit log", "Show who did what", "F6, tab Audit log", "company", "open_tab('trail')"),
)
