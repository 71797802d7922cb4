"""The shape of the source: what imports what, how light a start is, and how long a module may get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import footnote

SOURCE_DIR = Path(footnote.__file__).parent
PROJECT_DIR = Path(__file__).resolve().parents[1]
MODULES = sorted(SOURCE_DIR.rglob("*.py"))

LAYERS = (
    *("errors", "wire", "records", "settings", "configuration", "terms"),
    *("loaders", "splitting", "encoding", "reranking", "store", "ranking"),
    *("indexing", "interpretation", "answering", "conversation", "questions", "evaluation"),
    *("quote_checking", "feedback"),
    *("engine", "browsing", "rendering", "integrations", "server", "cli"),
    "__main__",
)
"""A module imports only from those before it; ``footnote`` itself gathers the public names and stands outside."""

HEAVY = frozenset(
    {
        *("faiss", "fastapi", "gradio", "httpx2", "huggingface_hub", "onnx", "onnxruntime", "sentence_transformers"),
        *("mcp", "mcp_types", "prometheus_client", "tantivy", "tokenizers", "torch", "transformers", "uvicorn"),
        *("grpc", "milvus_lite", "obstore", "pymilvus", "ray"),
    }
)
WEB_FRAMEWORK = frozenset({"fastapi", "mcp", "mcp_types", "prometheus_client", "uvicorn"})
"""The faces made with it are loaded when they are served, and it reads its routes' types from their modules."""

MOST_LINES = 500


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE_DIR).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(SOURCE_DIR).parts[0].removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_modules(node: ast.AST, path: Path) -> Iterator[str]:
    """Dotted names that one statement imports; relative ones made absolute, `from a import b` as `a` and `a.b`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            package = ["footnote", *path.relative_to(SOURCE_DIR).parent.parts]
            parents = package[: len(package) - node.level + 1]
            module = ".".join([*parents, *filter(None, [node.module])])
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)


def own_layers(path: Path) -> Iterator[tuple[int, str]]:
    """Line and layer of each import from Footnote, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        for module in imported_modules(node, path):
            parts = module.split(".")
            # `from footnote import errors` names the layer second; `from footnote import Answer` names no layer.
            if parts[0] == "footnote" and len(parts) > 1 and parts[1] in LAYERS:
                yield node.lineno, parts[1]  # type: ignore[attr-defined]  # imports have a line


def at_import(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported: not those in functions, nor those for type checkers alone."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_import(node.orelse)
            continue
        yield node
        for field in ("body", "orelse", "finalbody"):
            yield from at_import(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from at_import(handler.body)


def listed_names(path: Path) -> list[str] | None:
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def test_every_module_has_a_layer() -> None:
    assert {layer_of(path) for path in MODULES} - {"__init__"} <= set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_imports_only_from_layers_before_it(path: Path) -> None:
    layer = layer_of(path)
    if layer == "__init__":
        pytest.skip("gathers the public names")
    allowed = {layer, *LAYERS[: LAYERS.index(layer)]}
    wrong = [f"line {line} imports {imported}" for line, imported in own_layers(path) if imported not in allowed]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_needed(path: Path) -> None:
    heavy = HEAVY - WEB_FRAMEWORK if layer_of(path) == "server" else HEAVY
    wrong = [
        f"line {node.lineno} imports {module}"
        for node in at_import(tree_of(path).body)
        for module in imported_modules(node, path)
        if module.split(".")[0] in heavy
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", [path for path in MODULES if listed_names(path) is not None], ids=name_of)
def test_listed_names_are_sorted_and_exist(path: Path) -> None:
    names = listed_names(path)
    assert names is not None

    def order(name: str) -> tuple[int, str]:
        # Constants, then classes, then the rest: the order that the linter keeps.
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert all(order(one) < order(other) for one, other in pairwise(names))
    tree = tree_of(path)
    defined = {alias.asname or alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names}
    for node in at_import(tree.body):
        if isinstance(node, ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {ast.unparse(target) for target in targets}
    defined |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert set(names) <= defined


def test_public_names_can_be_imported() -> None:
    for name in footnote.__all__:
        assert getattr(footnote, name) is not None
    with pytest.raises(AttributeError):
        footnote.no_such_name  # noqa: B018 - looking it up is the test


@pytest.mark.parametrize(
    "module",
    ["footnote", "footnote.cli", "footnote.encoding", "footnote.integrations.passage_source", "footnote.store"],
)
def test_import_is_light(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({set(HEAVY)!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_help_is_light() -> None:
    script = (
        "import atexit, runpy, sys\n"
        f"atexit.register(lambda: print(*sorted({set(HEAVY)!r} & sys.modules.keys()), file=sys.stderr, end=''))\n"
        "sys.argv = ['footnote', '--help']\n"
        "runpy.run_module('footnote', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "evaluate" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("package", ["encoding"])
def test_types_are_strict(package: str) -> None:
    command = [sys.executable, "-m", "mypy", str(SOURCE_DIR / package)]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
