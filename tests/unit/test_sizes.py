"""Modules, functions and decisions stay small enough to be read at once. An exception is named here with its reason."""

import ast
from pathlib import Path

import pytest
from support.paths import ROOT

PACKAGE = ROOT / "importer"
LONGEST_MODULE, LONGEST_FUNCTION, HIGHEST_COMPLEXITY = 350, 45, 10
LONGER_MODULES = {
    "domain/columns.py": "a table, one column after the other",
}
BRANCHES = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp),
    *(ast.comprehension, ast.Assert, ast.match_case),
)
MODULES = sorted(PACKAGE.rglob("*.py"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the docstring."""
    first = function.body[0]
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0
    return function.end_lineno - function.lineno + 1 - docstring


def complexity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    nodes = list(ast.walk(function))
    operands = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + sum(isinstance(node, BRANCHES) for node in nodes) + operands


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_small(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE or name(path) in LONGER_MODULES, lines
    long = {f.name: length(f) for f in functions(path) if length(f) > LONGEST_FUNCTION}
    assert long == {}
    complex_ones = {f.name: complexity(f) for f in functions(path) if complexity(f) > HIGHEST_COMPLEXITY}
    assert complex_ones == {}


def test_each_exception_is_still_needed():
    assert all((PACKAGE / path).read_text(encoding="utf-8").count("\n") > LONGEST_MODULE for path in LONGER_MODULES)
