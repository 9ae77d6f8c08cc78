"""Rules that import contracts cannot state: faces of packages, no circles of imports, a test file for each module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import metertui

ROOT = Path(metertui.__file__).parent
TESTS = Path(__file__).parent
OPEN = {"metertui", "metertui.engine", "metertui.screens"}
"""Packages of packages: they have no face of their own, so that one room can be imported without the others."""


@cache
def packages() -> dict[str, Path]:
    """Return the packages that have a face, by their dotted name."""
    found = {".".join(path.parent.relative_to(ROOT.parent).parts): path for path in ROOT.rglob("__init__.py")}
    return {name: path for name, path in found.items() if name not in OPEN}


@cache
def crossings() -> list[tuple[str, str, str, int]]:
    """Return (file, imported module, imported name, line) of each import from another package of the project."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        home = ".".join(path.parent.relative_to(ROOT.parent).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("metertui."):
                package = node.module if node.module in packages() else node.module.rpartition(".")[0]
                if package not in OPEN and package != home:
                    file = str(path.relative_to(ROOT))
                    found += [(file, node.module, alias.name, node.lineno) for alias in node.names]
    return found


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


def imports_at_start(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that run when a module is imported: none for type checkers only, none inside functions."""
    nodes: list[ast.AST] = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            nodes += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)


def imports_by_module(sources: dict[str, str]) -> dict[str, set[str]]:
    """Return which modules of `sources` (source text by dotted name) each of them imports at its start."""
    found: dict[str, set[str]] = {name: set() for name in sources}
    for name, source in sources.items():
        for node in imports_at_start(ast.parse(source)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [each if each in sources else str(node.module) for each in inner]
            found[name] |= {each for each in names if each in sources}
    return found


def circle_of_imports(sources: dict[str, str]) -> list[str]:
    """Return one circle of modules that import each other, the first also last; empty if there is none."""
    try:
        TopologicalSorter(imports_by_module(sources)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def project_sources() -> dict[str, str]:
    """Return the source text of each module of the project, by its dotted name."""
    paths = {path.relative_to(ROOT.parent).with_suffix(""): path for path in ROOT.rglob("*.py")}
    return {".".join(name.parts).removesuffix(".__init__"): path.read_text("utf-8") for name, path in paths.items()}


def test_no_modules_import_each_other() -> None:
    assert circle_of_imports(project_sources()) == []


@pytest.mark.parametrize(
    ("source", "circle"),
    [
        ("import b", ["a", "b", "a"]),
        ("from b import name", ["a", "b", "a"]),
        ("try:\n    import b\nexcept ImportError:\n    pass", ["a", "b", "a"]),
        ("class A:\n    import b", ["a", "b", "a"]),
        ("def later():\n    import b", []),
        ("if TYPE_CHECKING:\n    import b", []),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import b", ["a", "b", "a"]),
        ("import c", []),
    ],
)
def test_a_circle_is_found_where_imports_run(source: str, circle: list[str]) -> None:
    found = circle_of_imports({"a": source, "b": "import a", "c": ""})
    assert sorted(set(found)) == sorted(set(circle))


def test_each_module_has_its_test_file_at_the_same_path() -> None:
    modules = [path.relative_to(ROOT) for path in ROOT.rglob("*.py") if not path.name.startswith("__")]
    assert modules
    missing = sorted(str(path) for path in modules if not (TESTS / path.parent / f"test_{path.name}").is_file())
    assert not missing
