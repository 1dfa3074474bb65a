"""Members of a payload in SQL: payloads are JSON as bytes, which the databases read as text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ColumnElement, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _PayloadText(FunctionElement[str]):
    """The text of a payload."""

    name = "payload_text"
    inherit_cache = True


@compiles(_PayloadText)
def _as_text(element: _PayloadText, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


@compiles(_PayloadText, "postgresql")
def _as_postgres_json(element: _PayloadText, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(convert_from({compiler.process(element.clauses, **options)}, 'UTF8') AS JSON)"


def member(payload: ColumnElement[Any], *path: str) -> ColumnElement[str]:
    """Return the text at ``path`` of a payload, NULL if there is none: ``member(entry.c.payload, "debtor", "type")``."""
    found: ColumnElement[str] = type_coerce(_PayloadText(payload), JSON)[path].as_string()
    return found
