"""The command line: parse it, load the module of its command, and run that."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence

from metertui.cli.errors import UsageError
from metertui.cli.grammar import parser
from metertui.engine.errors import MeterError, text_of


def run(words: Sequence[str]) -> int:
    """Run the command that the words give; return the exit code: 0, 1 if it failed, 2 for wrong usage."""
    if sys.stdin is None:  # it is closed, and the next file that is opened would take its place
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    options = parse(words)
    module, _, function = options.run.partition(":")
    try:
        code = getattr(importlib.import_module(f"metertui.cli.{module}"), function)(options)
        sys.stdout.flush()
        return int(code or 0)
    except UsageError as error:
        _print_error(error)
        return 2
    except MeterError as error:
        _print_error(error)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of the pipe has seen enough
        return 0
    except OSError as error:
        _print_error(text_of(error))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        logging.shutdown()


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
