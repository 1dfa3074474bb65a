"""`importer map` as somebody uses it, and what becomes of the profile that it writes when the next files come."""

from __future__ import annotations

import os
import re
import shutil
import tomllib

import pytest
from support.sheets import case, cases, correct, read_sheet, voucher, vouchers, write_csv, write_workbook
from support.workspace import CliWorkspace, Finished

import importer

HEADINGS = {  # ours, as an invented system calls them
    "creditor_reference": "Invoice no",
    "debtor_name": "Part Q",
    "debtor_email": "Mailbox Q",
    "debtor_country": "Zone Q",
    "amount_to_recover": "Sum Q",
    "date": "Invoice date",
}
ANSWERS = {heading: name for name, heading in HEADINGS.items()} | {"Group Q": ""}
FOR_ALL = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "debtor_type": "Person",
}


def export(*refs: str, **changes: str) -> list[dict[str, str]]:
    """Rows of that system; ``Group Q`` means nothing to the importer."""
    rows = [case(ref, **changes) for ref in refs]
    return [{heading: row[name] for name, heading in HEADINGS.items()} | {"Group Q": "A"} for row in rows]


def profile_for(*headings: str, **more: str) -> str:
    """The text of a profile for ``export``."""
    listed = ", ".join(f'"{h}"' for h in headings or (*HEADINGS.values(), "Group Q"))
    lines = [f"headings = [{listed}]", *(f'{key} = "{value}"' for key, value in more.items())]
    lines += ["[columns]", *(f'"{heading}" = "{name}"' for name, heading in HEADINGS.items())]
    return "\n".join([*lines, "[constants]", *(f'{name} = "{value}"' for name, value in FOR_ALL.items())]) + "\n"


def put_profile(workspace: CliWorkspace, name: str, text: str) -> None:
    folder = workspace.folder / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def converse(workspace: CliWorkspace, *arguments: str, answers: dict[str, str], stop_before: str | None = None) -> Finished:
    """Run a command on a terminal and answer it: a question is known by a heading or a column that it names."""
    pty = pytest.importorskip("pty")
    theirs, ours = pty.openpty()
    process = workspace.start(*arguments, stdin=ours)
    os.close(ours)
    said, answered = "", 0
    try:
        while process.poll() is None and (more := os.read(process.stderr.fileno(), 4096).decode()):
            said += more
            if not said.endswith(": ") and not said.endswith("] "):
                continue
            question, answered = said[answered:], len(said)
            if stop_before and stop_before in question:
                os.write(theirs, b"\x04")  # Ctrl-D: the end of input
                continue
            os.write(theirs, f"{answer_to(question, answers)}\n".encode())
        code = process.wait(timeout=60)
        return Finished(code, process.stdout.read(), said + process.stderr.read())
    finally:
        os.close(theirs)
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def answer_to(question: str, answers: dict[str, str]) -> str:
    if asked := re.search(r"No heading fills (\w+):", question):
        listed = re.search(rf"^ +(\d+)  {re.escape(HEADINGS.get(asked[1], '-'))} ", question, re.MULTILINE)
        return answers.get(asked[1]) or (listed[1] if listed else "")
    if refused := re.search(r"cannot be (\w+)\.", question):
        return answers[f"again {refused[1]}"]
    if "There is no such column" in question:
        return answers["again"]
    if heading := re.search(r'^"(.*?)"  ', question, re.MULTILINE):
        return answers[heading[1]]
    return answers.get("write", "") if "Write " in question else ""


def test_an_export_is_mapped_in_a_dialogue_and_next_months_finds_the_profile(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "Open items 2026-03.csv", export("M1", "M2"))
    ended = converse(configured_workspace, "map", "Open items 2026-03.csv", answers=ANSWERS | FOR_ALL)
    assert ended.code == 0, ended.err
    assert "Written: profiles/open-items.toml" in ended.out
    assert 'Next: importer check "Open items 2026-03.csv"' in ended.out
    assert not re.search('^"Invoice date"', ended.err, re.MULTILINE)  # what is sure is not asked about
    written = (configured_workspace.folder / "profiles" / "open-items.toml").read_text(encoding="utf-8")
    assert tomllib.loads(written)["columns"] == {heading: name for name, heading in HEADINGS.items()}
    assert tomllib.loads(written)["constants"] == FOR_ALL

    april = [dict(reversed(row.items())) for row in export("A1", "A2", "A3")]
    april[2]["Sum Q"] = "abc"
    write_csv(configured_workspace.folder / "april.csv", april)
    ran = configured_workspace.run("run", "april.csv", "--yes")
    assert ran.code == 3
    assert 'note: Read with the profile "open-items" (profiles/open-items.toml), which lists these headings.' in ran.out
    assert sorted(c["creditorReference"] for c in fake_apis.cases) == ["INV-A1", "INV-A2"]

    # The error sheet, corrected, is read with the same profile, and sends what was missing alone.
    sheet = shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", configured_workspace.folder / "errors.xlsx")
    correct(sheet, "april.csv", {"Sum Q": 1234}, where=("Invoice no", "INV-A3"))
    again = configured_workspace.call("run", "errors.xlsx", "--yes")
    assert again.code == 0, again
    assert 'Read with the profile "open-items"' in again.out
    assert [c["amount"] for c in fake_apis.cases if c["creditorReference"] == "INV-A3"] == ["1234.00"]
    assert len(fake_apis.cases) == 3


def test_values_are_shown_on_the_terminal_and_written_nowhere(workspace):
    write_csv(workspace.folder / "a.csv", [*export("M1"), *export("M2", debtor_name="Bo\x1b[31m Ek")])
    ended = converse(workspace, "map", "a.csv", answers=ANSWERS | FOR_ALL)
    assert ended.code == 0, ended.err
    assert "bodil.m1@zebrahest" in ended.out
    assert "\x1b" not in ended.out + ended.err  # a cell must not steer the terminal
    (workspace.folder / "a.csv").unlink()
    for path, content in workspace.everything_written().items():
        assert b"odil" not in content, path


def test_the_end_of_input_or_a_no_writes_nothing(workspace):
    write_csv(workspace.folder / "a.csv", export("M1"))
    ended = converse(workspace, "map", "a.csv", answers=ANSWERS | FOR_ALL, stop_before="Part Q")
    assert ended.code == 130, ended.err
    declined = converse(workspace, "map", "a.csv", answers=ANSWERS | FOR_ALL | {"write": "n"})
    assert declined.code == 130, declined.err
    assert [path.name for path in workspace.folder.iterdir()] == ["a.csv"]


def test_an_answer_that_cannot_be_is_asked_again(workspace):
    write_csv(workspace.folder / "a.csv", export("M1"))
    answers = ANSWERS | FOR_ALL | {"Mailbox Q": "no_such_column", "currency": "Danmarks penge"}
    ended = converse(workspace, "map", "a.csv", answers=answers | {"again": "debtor_email", "again currency": "DKK"})
    assert ended.code == 0, ended.err
    assert "There is no such column" in ended.err
    assert '"Danmarks penge" cannot be currency. Three-letter ISO code.' in ended.err
    assert 'currency = "DKK"' in (workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8")


def test_without_a_terminal_the_proposal_is_shown_and_nothing_written(workspace):
    write_csv(workspace.folder / "a.csv", export("M1"))
    ended = workspace.run("map", "a.csv")
    assert ended.code == 2
    assert re.search(r"Invoice date +date +100 % +2026-01-31", ended.out)
    assert "--yes" in ended.err
    assert [path.name for path in workspace.folder.iterdir()] == ["a.csv"]


SURE = [f"--set={name}={value}" for name, value in FOR_ALL.items()]


def test_yes_takes_what_is_sure_and_says_what_is_missing(workspace):
    write_csv(workspace.folder / "a.csv", export("M1"))
    ended = workspace.call("map", "a.csv", "--yes", *SURE)
    assert ended.code == 2
    assert "no column for: amount_to_recover" in ended.err
    profile = tomllib.loads((workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))
    assert profile["columns"] == {"Invoice no": "creditor_reference", "Invoice date": "date"}
    assert profile["constants"] == FOR_ALL

    kept = workspace.everything_written()
    second = workspace.call("map", "a.csv", "--yes")
    assert (second.code, workspace.everything_written()) == (2, kept)
    assert "--replace" in second.err
    third = workspace.call(
        "map", "a.csv", "--yes", "--replace", "--holds", "cases", "--decimal", ",", "--date-format", "DD.MM.YYYY"
    )
    assert third.code == 2
    profile = tomllib.loads((workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))
    assert (profile["decimal"], profile["date_format"]) == (",", "DD.MM.YYYY")


def test_yes_is_enough_where_settings_and_flags_fill_the_rest(workspace):
    (workspace.folder / "importer.toml").write_text('[defaults]\ncreditor_company_name = "Nordlys"\ncreditor_country = "DK"\n')
    rows = [{"Debtor Naem": "Bo Ek", "Country": "DK", "Principal amount": "5.00", "Invoice date": "2026-01-31", "Zzq": "1"}]
    write_csv(workspace.folder / "a.csv", rows)
    ended = workspace.call("map", "a.csv", "--yes", "--set", "debtor_type=Person", "--set", "currency=DKK")
    assert ended.code == 0, ended.err
    assert 'Not used: "Zzq".' in ended.out
    assert workspace.call("check", "a.csv").code == 0


def test_a_list_of_vouchers_needs_no_contact_person_though_the_settings_speak_of_companies(workspace):
    (workspace.folder / "importer.toml").write_text('[defaults]\ndebtor_type = "Company"\n', encoding="utf-8")
    rows = [{"case_ref": "C1", "voucher_type": "invoice", "voucher_amount": "5.00", "date": "2026-01-31", "Zzq": "DKK"}]
    write_csv(workspace.folder / "a.csv", rows)
    ended = converse(workspace, "map", "a.csv", answers={"Zzq": "currency", "source": "CREDITOR"})
    assert ended.code == 0, ended.err
    assert "contact person" not in ended.err + ended.out


def test_a_file_that_needs_no_profile_gets_none(workspace):
    write_workbook(workspace.folder / "a.xlsx", cases(2))
    ended = workspace.run("map", "a.xlsx")
    assert (ended.code, ended.err) == (0, "")
    assert "can be read without a profile" in ended.out
    assert not (workspace.folder / "profiles").exists()


ONLY_IN_A_PROFILE = [
    (("--decimal", ","), {"decimal": ","}),
    (("--date-format", "DD/MM/YYYY"), {"date_format": "DD/MM/YYYY"}),
    (("--sheet", "Vouchers"), {"sheet": "Vouchers"}),
    (("--holds", "vouchers"), {"holds": "vouchers"}),
    (("--set", "currency=SEK"), {"constants": {"currency": "SEK"}}),
]


@pytest.mark.parametrize(("arguments", "written"), ONLY_IN_A_PROFILE, ids=str)
def test_an_option_that_only_a_profile_can_hold_makes_one_although_all_headings_are_recognised(workspace, arguments, written):
    write_workbook(workspace.folder / "a.xlsx", cases(2), vouchers(2))
    ended = workspace.call("map", "a.xlsx", "--yes", *arguments)
    assert "can be read without a profile" not in ended.out
    profile = tomllib.loads((workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))
    assert {key: profile.get(key) for key in written} == written
    again = workspace.call("map", "a.xlsx", "--yes", "--replace")
    assert "Written: profiles/a.toml" in again.out + again.err


def test_a_profile_for_the_form_of_amounts_keeps_the_other_sheets_of_a_workbook(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", [case("C1", "1.234")], [voucher("C1", "2.345")])
    ended = configured_workspace.call("map", "a.xlsx", "--yes", "--decimal", ",")
    assert (ended.code, "Only the sheet" in ended.out) == (0, False), ended
    ran = configured_workspace.call("run", "a.xlsx", "--yes")
    assert ran.code == 0, ran
    assert [c["amount"] for c in fake_apis.cases] == ["1234.00"]
    assert [v["amount"] for v in fake_apis.vouchers] == [-234500]


def test_the_options_of_map_decide_what_a_text_means_that_alone_means_two_things(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [case("C1", "1.234", date="03/04/2026")])
    assert configured_workspace.call("check", "a.csv").code == 3
    ended = converse(configured_workspace, "map", "a.csv", "--decimal", ",", "--date-format", "DD/MM/YYYY", answers={})
    assert ended.code == 0, ended.err
    assert "Written: profiles/a.toml" in ended.out
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    assert [(c["amount"], c["received"]["date"][:10]) for c in fake_apis.cases] == [("1234.00", "2026-04-03")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--date-format", "DD.MM"), "date_format"),
        (("--set", "currency"), "COLUMN=VALUE"),
        (("--set", "nothing=1", "--holds", "cases"), '"nothing" is not a column'),
        (("--set", "currency=ZZZ", "--holds", "cases"), '"ZZZ" cannot be currency'),
        (("--profile", "none"), "means no profile"),
    ],
    ids=str,
)
def test_wrong_flags_write_nothing(workspace, arguments, told):
    write_csv(workspace.folder / "a.csv", export("M1"))
    ended = workspace.call("map", "a.csv", "--yes", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert not (workspace.folder / "profiles").exists()


def test_a_workbook_with_more_than_one_sheet_is_mapped_by_the_likeliest_or_the_named(workspace):
    write_workbook(workspace.folder / "a.xlsx", export("M1"), [{"Zzq": 1, "Qqz": 2}])
    ended = workspace.call("map", "a.xlsx", "--yes", "--holds", "cases")
    assert 'sheet "Cases"' in ended.out
    assert tomllib.loads((workspace.folder / "profiles" / "a.toml").read_text(encoding="utf-8"))["sheet"] == "Cases"
    assert workspace.call("map", "a.xlsx", "--yes", "--profile", "b", "--sheet", "None").code == 4


def test_two_profiles_that_know_a_file_are_a_question_and_a_name_is_the_answer(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", export("M1"))
    put_profile(configured_workspace, "one", profile_for())
    put_profile(configured_workspace, "two", profile_for(*reversed([*HEADINGS.values(), "Group Q"])))
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 4
    assert '"one" (profiles/one.toml) and "two" (profiles/two.toml)' in ended.err
    assert "--profile one or --profile two" in ended.err
    assert fake_apis.cases == []
    named = configured_workspace.call("run", "a.csv", "--yes", "--profile", "two")
    assert named.code == 0, named
    assert "Read with the profile" not in named.out
    refused = configured_workspace.call("map", "a.csv", "--yes", "--profile", "three")
    assert refused.code == 2
    assert "matches these headings already" in refused.err


def test_a_column_that_was_added_is_told_instead_of_read_in_another_way(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [row | {"Region Q": "1"} for row in export("M1")])
    put_profile(configured_workspace, "erp", profile_for())
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 4
    assert 'a.csv looks like the sheets of the profile "erp", but the profile lacks "Region Q".' in ended.err
    assert fake_apis.cases == []
    assert configured_workspace.call("check", "a.csv", "--profile", "erp").code == 0
    assert "has no sheet with columns" in configured_workspace.call("check", "a.csv", "--profile", "none").err


def test_a_broken_profile_is_told_and_stops_nothing(configured_workspace, fake_apis):
    put_profile(configured_workspace, "broken", "headings = [")
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 0
    assert "broken.toml is not valid TOML" in ended.err.replace("\\", "/")
    assert len(fake_apis.cases) == 1
    assert "broken.toml" not in configured_workspace.call("resume").err  # it reads no files


def test_every_file_of_a_folder_finds_its_own_profile(configured_workspace, fake_apis):
    inbox = configured_workspace.folder / "inbox"
    inbox.mkdir()
    put_profile(configured_workspace, "erp", profile_for())
    (configured_workspace.folder / "profiles" / "swedes.toml").write_text(
        'delimiter = "^"\nheadings = ["Nr", "Namn"]\n[columns]\nNr = "creditor_reference"\nNamn = "debtor_name"\n[constants]\n'
        'creditor_company_name = "Nordlys"\ncreditor_country = "SE"\ncurrency = "SEK"\ndate = "2026-01-31"\n'
        'amount_to_recover = "7.00"\ndebtor_type = "Person"\ndebtor_country = "SE"\n',
        encoding="utf-8",
    )
    write_csv(inbox / "a.csv", export("M1"))
    (inbox / "b.csv").write_text("Namn^Nr\nBo Ek^S1\n", encoding="utf-8")
    write_workbook(inbox / "c.xlsx", cases(1), [voucher("C1")])
    ended = configured_workspace.call("run", "inbox", "--yes")
    assert ended.code == 0, ended
    assert {c["creditorReference"]: c["currency"] for c in fake_apis.cases} == {"INV-M1": "DKK", "S1": "SEK", "INV-C1": "DKK"}
    assert [f'"{name}"' in ended.out for name in ("erp", "swedes")] == [True, True]


def test_an_error_sheet_of_a_source_with_a_title_above_its_header(configured_workspace, fake_apis):
    put_profile(configured_workspace, "erp", profile_for().replace("[columns]", "header_row = 3\n[columns]", 1))
    path = write_csv(configured_workspace.folder / "a.csv", export("M1", "M2", amount_to_recover="abc"))
    path.write_text("Open items\n31 March\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert configured_workspace.call("run", "a.csv", "--yes").code == 3
    sheet = shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", configured_workspace.folder / "errors.xlsx")
    for ref in ("INV-M1", "INV-M2"):
        correct(sheet, "a.csv", {"Sum Q": 5}, where=("Invoice no", ref))
    assert len(read_sheet(sheet)) == 2
    ended = configured_workspace.call("run", "errors.xlsx", "--yes")
    assert ended.code == 0, ended
    assert sorted(c["creditorReference"] for c in fake_apis.cases) == ["INV-M1", "INV-M2"]


def test_the_python_api_finds_profiles_in_the_same_way(configured_workspace, fake_apis, monkeypatch):
    import pandas as pd

    put_profile(configured_workspace, "erp", profile_for())
    path = write_csv(configured_workspace.folder / "a.csv", export("M1"))
    monkeypatch.chdir(configured_workspace.folder)
    by_path = importer.run(path, yes=True, new_ledger=True, settings=configured_workspace.settings())
    by_frame = importer.run(pd.DataFrame(export("M2")), yes=True, new_ledger=True, settings=configured_workspace.settings())
    assert [int(r.exit_code) for r in (by_path, by_frame)] == [0, 0]
    assert all("Read with the profile" in "\n".join(r.reports[0].text) for r in (by_path, by_frame))
    assert len(fake_apis.cases) == 2
    with pytest.raises(importer.errors.FileRefused, match="has no sheet with columns"):
        importer.check(path, profile="none", settings=configured_workspace.settings())
