"""How a text is read with the profile that knows it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.loader.context import LoadContext
from importer.loader.files.safety import TEXTS
from importer.loader.profile import Profile
from importer.loader.profiles.recognition import ProfileSet, SavedProfile
from importer.workspace.sources import open_with_saved_profile

DEFAULTS = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "debtor_country": "DK",
    "debtor_type": "Person",
}
CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=DEFAULTS)


@pytest.mark.parametrize("ending", TEXTS)
def test_a_text_of_any_ending_is_read_as_its_profile_says(tmp_path: Path, ending) -> None:
    path = tmp_path / f"a{ending}"
    headings = ["creditor_reference", "currency", "amount_to_recover", "date", "debtor_name"]
    path.write_text(f"{':'.join(headings)}\nF1:DKK:100:2026-01-31:Bo Holm\n", encoding="utf-8")
    profile = Profile(name="colons", headings=headings, delimiter=":")
    with open_with_saved_profile(path, ProfileSet((SavedProfile(profile, Path("colons.toml")),)), CONTEXT) as source:
        assert len(list(source.rows)) == 1
