"""The look of headings: the same colours on the sheets and in the guide's table of columns."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.styles import Font

from importer.domain.columns import Requirement

FONT = "Calibri"  # openpyxl's default; a font without a name is shown in another one


@dataclass(frozen=True, slots=True)
class Look:
    """A heading's colours (RRGGBB) and their meaning."""

    fill: str
    text: str
    meaning: str


HEADING_LOOKS = {
    Requirement.REQUIRED: Look("1F4E79", "FFFFFF", "required"),
    Requirement.CONDITIONAL: Look("F4B942", "1F2937", "in some cases"),
    Requirement.OPTIONAL: Look("E5E7EB", "1F2937", "optional"),
}


def heading_font(size: int = 11, color: str = "1F4E79") -> Font:
    """Return the bold font of headings and titles."""
    return Font(name=FONT, bold=True, size=size, color=color)
