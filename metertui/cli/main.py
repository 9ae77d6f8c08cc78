"""The command line: parse it, load the module of its command, and run that."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from metertui.cli import streams
from metertui.cli.errors import Interrupted, UsageError
from metertui.cli.grammar import parser
from metertui.engine.errors import MeterError, text_of


def run(words: Sequence[str]) -> int:
    """Run the command that the words give; return the exit code: 0, 1 if it failed, 2 for wrong usage."""
    streams.prepare()
    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()  # after SystemExit too, which --help ends with
    except BrokenPipeError:
        streams.drop_broken()  # the reader of the pipe has seen enough
        return 0
    except UsageError as error:
        _print_error(error)
        return 2
    except MeterError as error:
        _print_error(error)
        return 1
    except Interrupted as error:
        _print_error(error)
        return 130
    except OSError as error:
        for sentence in streams.drop_broken(error) or [text_of(error)]:
            _print_error(sentence)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        logging.shutdown()


def _run(words: Sequence[str]) -> int:
    options = parse(words)
    module, _, function = options.run.partition(":")
    return int(getattr(importlib.import_module(f"metertui.cli.{module}"), function)(options) or 0)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the options that the words give. Raises SystemExit for wrong usage."""
    return parser().parse_args(_join_sort(words))


def _print_error(error: object) -> None:
    from metertui.cli.output import print_error  # noqa: PLC0415 - it is not needed where nothing fails

    print_error(error)


def _join_sort(words: Sequence[str]) -> list[str]:
    """Join `--sort -usage_kwh` to `--sort=-usage_kwh`: its value may begin with a dash, as an option does."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--sort":
            joined[-1] = f"--sort={word}"
        else:
            joined.append(word)
    return joined
