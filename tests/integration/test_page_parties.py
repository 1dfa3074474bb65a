"""The question on the page what debtors are whose names show neither a company nor a person."""

from __future__ import annotations

import re
import tomllib

import pytest
from support.sheets import case, write_csv
from support.web import site

from importer.settings import Settings


def unclear(ref, name):
    row = case(ref, debtor_name=name, debtor_zip_code="8000")
    return {heading: value for heading, value in row.items() if heading not in ("debtor_type", "debtor_contact_person")}


@pytest.mark.parametrize("has_profile", [True, False])
def test_a_list_is_asked_about_once_and_read_again(tmp_path, has_profile):
    rows = [unclear("C1", "Cafe Luna"), unclear("C2", "Nordlys"), unclear("C3", "Nordlys")]
    if has_profile:
        (tmp_path / "profiles").mkdir()
        listed = ", ".join(f'"{heading}"' for heading in rows[0])
        (tmp_path / "profiles" / "p.toml").write_text(f"headings = [{listed}]\n", encoding="utf-8")
    defaults = {"debtor_type": "by name", "debtor_contact_person": "Mette Holm"}
    with site(tmp_path, Settings(defaults=defaults)) as page:
        browser = page.visitor()
        shown = browser.drop(write_csv(tmp_path / "a.csv", rows)).text
        assert "Nothing shows what these debtors are: 2" in shown
        key = "party." + re.search(r'<label for="p(\w+)">Cafe Luna', shown)[1]
        assert browser.post("/batches/1/parties", {"everyone": ""}).headers["location"] == "/batches/1"
        assert "no such answer" in browser.follow(browser.post("/batches/1/parties", {"everyone": "ghost"})).text
        after = browser.follow(browser.post("/batches/1/parties", {"everyone": "company", key: "sole trader"})).text
        assert "3 cases" in after
        assert "discarded" in browser.get("/batches/1").text
        if has_profile:
            parties = tomllib.loads((tmp_path / "profiles" / "p.toml").read_text(encoding="utf-8"))["parties"]
            assert sorted(parties.values()) == ["company", "sole trader"]
