"""The settings of docs/sandbox.md."""

from __future__ import annotations

from dataclasses import fields

from generator.text import code, table
from importer.commands.sandbox import choices_of, settable, shown_default
from importer.sandbox import SandboxSettings


def settings() -> str:
    meanings = {one.name: one.metadata["meaning"] for one in fields(SandboxSettings)}
    rows = [
        [code(name), code(shown_default(default)) if default != () else "", _choices(name), meanings[name]]
        for name, default in settable().items()
    ]
    return table(("setting", "default", "values", "meaning"), rows)


def _choices(name: str) -> str:
    return ", ".join(code(choice) for choice in choices_of(name))
