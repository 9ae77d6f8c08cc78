"""Private names of Textual: each is still there, only the terminal package uses them, and the app runs without them."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import metertui

ROOT = Path(metertui.__file__).parent
TERMINAL = ROOT / "screens" / "terminal"
PRIVATE_NAMES: Final = {
    "figure_patches": (
        "textual.content:divide_line",
        "textual.content:Content.truncate",
        "rich.text:divide_line",
        "rich.text:Text.truncate",
    ),
    "key_input": (
        "textual._xterm_parser:XTermParser.feed",
        "textual._xterm_parser:XTermParser.tick",
        "textual._xterm_parser:XTermParser.parse",
        "textual._xterm_parser:XTermParser._sequence_to_key_events",
        "textual._parser:Parser._timeout_time",
        "textual._parser:Parser._tokens",
        "textual._parser:Parser._awaiting",
        "textual._parser:Parser._gen",
    ),
    "patient_driver": (
        "textual.drivers.linux_driver:LinuxDriver.start_application_mode",
        "textual.drivers.linux_driver:LinuxDriver.write",
        "textual.drivers.linux_driver:LinuxDriver.close",
        "textual.drivers.linux_driver:LinuxDriver._file",
        "textual.drivers.linux_driver:LinuxDriver._run_input_thread",
        "textual.drivers.linux_driver:LinuxDriver.run_input_thread",
        "textual.drivers.linux_driver:LinuxDriver.fileno",
        "textual.drivers.linux_driver:LinuxDriver.exit_event",
        "textual.driver:Driver._app",
        "textual.driver:Driver._loop",
        "textual.driver:Driver._debug",
    ),
    "quick_styles": (
        "textual.css.match:_check_selectors",
        "textual.css.stylesheet:Stylesheet._check_rule",
        "textual.css.stylesheet:Stylesheet._process_component_classes",
        "textual.css.stylesheet:Stylesheet._require_parse",
        "textual.css.stylesheet:Stylesheet._rules",
        "textual.css.stylesheet:Stylesheet._rules_map",
        "textual.dom:DOMNode._selector_names",
    ),
    "screen_diff": (
        "textual._compositor:CompositorUpdate.render_segments",
        "textual._compositor:LayoutUpdate.strips",
        "textual._compositor:LayoutUpdate.region",
        "textual._compositor:ChopsUpdate.spans",
        "textual._compositor:ChopsUpdate.chops",
        "textual._compositor:ChopsUpdate.chop_ends",
    ),
    "textual_patches": (
        "textual._compositor:Compositor._get_renders",
        "textual._compositor:Compositor.visible_widgets",
        "textual._compositor:Compositor.size",
        "textual._styles_cache:StylesCache.get_inner_outer",
        "textual.screen:Screen._compositor",
        "textual.screen:Screen._on_screen_resume",
        "textual.screen:Screen._on_screen_suspend",
        "textual.events:ScreenResume.refresh_styles",
        "textual.app:App._display",
        "textual.app:App._driver",
        "textual.app:App._shutdown",
        "textual.app:App._handle_exception",
        "textual.app:App._print_error_renderables",
        "textual.app:App._exit_renderables",
        "textual.content:Content._wrap_and_format",
        "textual.widgets:OptionList._move_page",
    ),
}
"""By the module that uses them: `module:name` or `module:Class.attribute`."""


def test_textual_has_every_private_name_that_is_used() -> None:
    moved = list(moved_names())
    assert not moved, f"Textual has moved or renamed what these modules use: {', '.join(moved)}"


def test_a_name_that_moved_is_reported_with_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("textual._nowhere:Gone", "textual.app:Gone", "textual.app:App._gone", "textual.app:App._driver")
    monkeypatch.setitem(globals(), "PRIVATE_NAMES", {"some_module": names})
    assert list(moved_names()) == [f"some_module: {name}" for name in names[:3]]


def test_the_modules_that_import_private_modules_are_those_of_the_table() -> None:
    users = {path.stem for path in TERMINAL.glob("*.py") if any(private_imports(path))}
    assert users == {"key_input", "quick_styles", "screen_diff", "textual_patches"}
    assert users < PRIVATE_NAMES.keys()


def test_only_the_terminal_package_uses_private_names_of_textual() -> None:
    others = [path for path in sorted(ROOT.rglob("*.py")) if path.parent != TERMINAL]
    own = {name for path in others for name in defined(path)}
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in others
        if "textual" in path.read_text(encoding="utf-8")
        for name, line in (*private_imports(path), *foreign_attributes(path, own), *overridden(path))
    ]
    tree_of.cache_clear()
    assert not found


def test_an_untested_textual_is_not_patched_and_a_screen_runs() -> None:
    script = """
import importlib.metadata as metadata
import sys

real = metadata.version
metadata.version = lambda name: "0.0" if name == "textual" else real(name)

import pytest

from metertui.screens.terminal import ThriftyApp, ThriftyScreen

assert ThriftyApp.__module__.endswith("plain_textual")
patches = ("textual_patches", "quick_styles", "figure_patches", "patient_driver")
assert not any(patch in name for patch in patches for name in sys.modules)
sys.exit(pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", sys.argv[1]]))
"""
    a_screen = "tests/screens/live/test_live.py::test_what_arrives_is_shown"
    run = subprocess.run(
        [sys.executable, "-c", script, a_screen], cwd=ROOT.parent, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def moved_names() -> Iterator[str]:
    """Yield `module: private name` for each name that the installed Textual does not have."""
    for module, names in PRIVATE_NAMES.items():
        for name in names:
            if not exists(name):
                yield f"{module}: {name}"


def exists(name: str) -> bool:
    place, _, path = name.partition(":")
    owner, _, attribute = path.partition(".")
    try:
        found = getattr(import_module(place), owner)
    except (ImportError, AttributeError):
        return False
    return not attribute or hasattr(found, attribute) or attribute in set_on_self(found)


def set_on_self(owner: type) -> set[str]:
    """Return the attributes that the methods of a class set."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def private_imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield what a file imports from private modules of Textual, or by a private name, with its line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "textual":
            for alias in node.names:
                if any(is_private(part) for part in (*str(node.module).split("."), alias.name)):
                    yield f"{node.module}.{alias.name}", node.lineno


def defined(path: Path) -> Iterator[str]:
    """Yield the private names that a file defines or sets on an object."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and is_private(node.name):
            yield node.name
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if is_private(name):
                yield name


def foreign_attributes(path: Path, own: set[str]) -> Iterator[tuple[str, int]]:
    """Yield the private attributes that a file uses and no file of the project defines, with their lines."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            yield node.attr, node.lineno


def overridden(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the methods of a file that override private methods of Textual, with their lines."""
    module = import_module(".".join(path.relative_to(ROOT.parent).with_suffix("").parts))
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef):
            bases = [base for base in getattr(module, node.name).__mro__ if base.__module__.startswith("textual")]
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
            for method in methods:
                if is_private(method.name) and any(method.name in vars(base) for base in bases):
                    yield f"{node.name}.{method.name}", method.lineno
