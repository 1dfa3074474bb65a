"""The modules of the package form no import cycle, type hints and imports inside functions included."""

from __future__ import annotations

import grimp
import pytest

KNOWN_CYCLES: dict[str, str] = {}
"""Modules that may still be part of a cycle, each with the reason; to be emptied, never to grow."""


def modules_in_cycles(graph: grimp.ImportGraph) -> set[str]:
    """Return the modules that import themselves by way of others."""
    return {
        module
        for module in graph.modules
        if any(
            graph.chain_exists(importer=imported, imported=module) for imported in graph.find_modules_directly_imported_by(module)
        )
    }


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("importer", exclude_type_checking_imports=False, cache_dir=None)
    assert modules_in_cycles(graph) == set(KNOWN_CYCLES)


@pytest.mark.parametrize(
    "body",
    [
        "import {other}",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {other}",
        "def late():\n    import {other}",
    ],
)
def test_the_check_finds_every_kind_of_import(tmp_path, monkeypatch, body):
    package = tmp_path / "ring"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "apart.py").write_text("import ring.a")
    (package / "a.py").write_text("import ring.b")
    (package / "b.py").write_text(body.format(other="ring.a"))
    monkeypatch.syspath_prepend(tmp_path)
    assert modules_in_cycles(grimp.build_graph("ring", cache_dir=None)) == {"ring.a", "ring.b"}
