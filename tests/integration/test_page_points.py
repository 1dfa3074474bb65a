"""Further rules of the page: steps of answers, four eyes with corrections, questions by kind, and figures that are kept."""

from __future__ import annotations

import pytest
from support.sheets import case, cases, write_csv
from support.web import site

from importer.domain.batches import Person, person_of
from importer.settings import ApprovalSettings
from importer.web.work.known_figures import KnownFigures
from importer.workspace.approval import objection_to_approval


def test_answers_about_columns_lead_to_a_page_that_can_be_loaded_again(tmp_path):
    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", cases(1)))
        address = browser.get("/batches/1/map").headers["location"]
        first = browser.post(address, {"rows.skip_heading": "debtor_name", "rows.skip_value": "Nobody"})
        assert (first.status_code, first.headers["location"]) == (303, f"{address}?step=1")
        refused = browser.post(
            address, {"save": "yes", "name": "Egen", "rows.only_heading": "debtor_name", "rows.only_value": "Nix"}
        )
        assert refused.headers["location"] == f"{address}?step=2"
        for _ in range(2):
            assert 'value="Nobody"' in browser.get(f"{address}?step=1").text
            assert all(
                text in browser.get(f"{address}?step=2").text for text in ('value="Nix"', 'value="Egen"', "Nothing was written")
            )


@pytest.mark.parametrize(("name", "may"), [("ann", False), ("bo@example.com", False), ("cy", True)])
def test_who_corrected_a_row_may_not_approve_it(name, may):
    preparers = [person_of("bo@page")]
    why = objection_to_approval(ApprovalSettings(four_eyes=True), Person(name, "page"), Person("ann", "page"), preparers)
    assert (why is None) == may


def test_the_one_who_corrected_is_recorded_with_the_batch_of_the_corrected_rows(tmp_path):
    from importer.web.work.corrections import correct_row
    from importer.web.work.staging import preparers_of
    from importer.workspace.person import acting_as

    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", [case("B1", debtor_country="Atlantis"), case("B2")]))
        with acting_as(Person("bo", "page")):
            correct_row(page.environments, 1, (0, 2), {list(case("B1")).index("debtor_country"): "Denmark"})
        browser.follow(browser.post("/batches/1/check"))
        assert "bo" in {one.name for one in preparers_of(page.environments, [2])}
        assert "prepared" in browser.get("/batches/2").text


def test_costly_figures_are_kept_until_something_changes():
    moment, busy, made = [0.0], iter([0.0, 2.0, 5.0, 5.1, 6.0, 9.0]), []
    figures = KnownFigures(now=lambda: moment[0], busy=lambda: next(busy))
    find = lambda: figures.get("key", lambda: made.append(1) or len(made))  # noqa: E731
    assert [find(), find()] == [1, 1]
    figures.forget()
    assert [find(), find()] == [2, 3]  # what is cheap is found anew
