"""How the command line is parsed: errors in one line, commands with verbs, help with examples. No command is here."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from metertui.engine.nearest import did_you_mean


class Parser(argparse.ArgumentParser):
    """Reports errors in one line, takes no abbreviations, and options between operands where it is `intermixed`."""

    intermixed = False
    _parsed = False

    def __init__(self, *args: Any, **options: Any) -> None:
        options = {"formatter_class": argparse.RawDescriptionHelpFormatter, **options, "allow_abbrev": False}
        super().__init__(*args, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}{self._meant(message)} (see {self.prog} --help)\n")

    def _meant(self, message: str) -> str:
        """Return what may have been meant where an error is about an unknown option or one of several words."""
        if found := re.search(r"unrecognized arguments: (-[^\s=]+)", message):
            return did_you_mean(found[1], self._options_of_command() - {found[1]})
        if found := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            return did_you_mean(found[1], re.findall(r"[\w-]+", found[2]))
        return ""

    def _options_of_command(self) -> set[str]:
        """Return the options of the command that was parsed, or those of this parser if none was."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for each in action.choices.values():
                    if each._parsed:
                        found: set[str] = each._options_of_command()
                        return found
        return set(self._option_string_actions)

    def _print_message(self, message: str, file: Any = None) -> None:
        if message and file is sys.stdout:
            file.write(message)  # argparse would say nothing of a full disk
        else:
            super()._print_message(message, file)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._parsed = True
        if self.intermixed:
            self.intermixed = False  # parse_known_intermixed_args calls this method
            try:
                return self.parse_known_intermixed_args(args, namespace)
            finally:
                self.intermixed = True
        return super().parse_known_args(args, namespace)


class Commands:
    """Adds commands to a parser, or verbs to a command."""

    def __init__(self, parser: Parser, title: str = "commands", **options: Any) -> None:
        self._subparsers = parser.add_subparsers(title=title, metavar=title[:-1].upper(), **options)

    def add(
        self,
        name: str,
        run: str,
        summary: str,
        *parents: Parser,
        usage: str | None = None,
        more: str = "",
        examples: str = "",
    ) -> Parser:
        """Add a command that runs `module:function` of this package; `more` and `examples` stand in its help only.

        `usage` says which words go together, for a command that asks for some of its options itself.
        """
        description = f"{summary[0].upper()}{summary[1:]}."
        if more:
            description += f"\n\n{more}"
        command: Parser = self._subparsers.add_parser(
            name,
            usage=usage,
            help=summary,
            description=description,
            epilog=epilog(examples),
            parents=list(parents),
        )
        command.set_defaults(run=run)
        return command

    def add_group(self, name: str, summary: str, *parents: Parser) -> Commands:
        """Add a command that has verbs, and return what adds them."""
        return Commands(self.add(name, "", summary, *parents), "verbs", dest="verb", required=True)


def epilog(examples: str) -> str | None:
    """Return examples, one a line, as the end of a help text."""
    lines = [f"  {line}" for line in examples.splitlines()]
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *lines]) if lines else None
