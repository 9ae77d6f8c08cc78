"""Borders between packages that import contracts cannot state: a package is entered by its face."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import metertui

ROOT = Path(metertui.__file__).parent
OPEN = {"metertui", "metertui.engine", "metertui.screens"}
"""Packages of packages: they have no face of their own, so that one room can be imported without the others."""


def packages() -> dict[str, Path]:
    """Return the packages that have a face, by their dotted name."""
    found = {".".join(path.parent.relative_to(ROOT.parent).parts): path for path in ROOT.rglob("__init__.py")}
    return {name: path for name, path in found.items() if name not in OPEN}


def crossings() -> Iterator[tuple[str, str, str, int]]:
    """Yield (file, imported module, imported name, line) of each import from another package of the project."""
    for path in sorted(ROOT.rglob("*.py")):
        home = ".".join(path.parent.relative_to(ROOT.parent).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("metertui."):
                package = node.module if node.module in packages() else node.module.rpartition(".")[0]
                if package not in OPEN and package != home:
                    for alias in node.names:
                        yield str(path.relative_to(ROOT)), node.module, alias.name, node.lineno


def test_nobody_reaches_past_the_face_of_a_package() -> None:
    faces = packages()
    past = [f"{file}:{line} imports {module}" for file, module, _, line in crossings() if module not in faces]
    assert not past


def test_what_is_imported_from_a_package_is_on_its_face() -> None:
    faces = {name: set(import_module(name).__all__) for name in {module for _, module, _, _ in crossings()}}
    missing = [
        f"{file}:{line} imports {name} from {module}"
        for file, module, name, line in crossings()
        if name not in faces[module]
    ]
    assert not missing


def test_a_face_offers_only_what_someone_uses() -> None:
    used = {(module, name) for _, module, name, _ in crossings()}
    faces = {name: getattr(import_module(name), "__all__", []) for name in packages()}
    unused = sorted(
        f"{package}.{name}" for package, face in faces.items() for name in face if (package, name) not in used
    )
    assert not unused


@pytest.mark.parametrize("package", sorted([*packages(), *OPEN]))
def test_a_package_states_its_purpose(package: str) -> None:
    assert (import_module(package).__doc__ or "").strip()
