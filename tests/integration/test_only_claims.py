"""Only claims are sent: what a list says of its rows, from the file to the APIs, also from one list to the next."""

from __future__ import annotations

import json

from support.sheets import case, read_sheet, write_csv


def listed(workspace, name, *rows):
    """Write a list with a reference, a state and an amount in each row."""
    cases = [case(ref, amount) | {"Status": state} | more for ref, state, amount, more in rows]
    return write_csv(workspace.folder / name, cases)


def row(ref, state, amount="100.00", **more):
    return ref, state, amount, more


def run(workspace, name, code=0, *options):
    ended = workspace.call("run", name, "--yes", *options)
    assert ended.code == code, ended
    return ended


def summary(workspace):
    return json.loads((workspace.reports()[-1] / "summary.json").read_text(encoding="utf-8"))


def counts(workspace):
    return {status: rows for status, rows in summary(workspace)["counts"]["cases"].items() if rows}


def sent(fake_apis):
    return sorted(one["creditorReference"] for one in fake_apis.cases)


def test_what_a_list_calls_no_claim_is_left_out_and_listed(configured_workspace, fake_apis):
    rows = [
        row("C1", "Overdue"),
        row("C2", "Paid", "20.50"),
        row("C3", "Draft"),
        row("C4", "Void"),
        row("C5", "Overdue", "-5.00"),
    ]
    listed(configured_workspace, "a.csv", *rows)
    run(configured_workspace, "a.csv")
    assert sent(fake_apis) == ["INV-C1"]
    found = summary(configured_workspace)
    assert counts(configured_workspace) == {"rows": 5, "accepted": 1, "left_out": 4}
    assert found["balanced"]
    money = found["totals"]["cases"]["DKK"]
    assert (money["rows"], money["accepted"], money["left_out"]) == ("315.50", "100.00", "215.50")
    left = read_sheet(configured_workspace.reports()[-1] / "left-out.xlsx", "a.csv")
    assert [(one["#row"], one["Status"], one["amount_to_recover"]) for one in left] == [
        *[(3, "Paid", "20.50"), (4, "Draft", "100.00"), (5, "Void", "100.00"), (6, "Overdue", "-5.00")]
    ]
    assert not (configured_workspace.reports()[-1] / "errors.xlsx").exists()


def test_a_value_waits_until_a_person_has_approved_a_review_that_shows_it(configured_workspace, fake_apis):
    listed(configured_workspace, "a.csv", row("C1", "Overdue"), row("C2", "Sent"))
    run(configured_workspace, "a.csv", 6)
    assert sent(fake_apis) == ["INV-C1"]
    run(configured_workspace, "a.csv", 3)  # it is still waiting
    listed(configured_workspace, "b.csv", row("C2", "Sent"), row("C3", "Sent"))
    assert configured_workspace.call("run", "b.csv", "--confirm", "999").code == 6  # staged, with new questions
    batch = configured_workspace.ledger("SELECT max(id) FROM batch")[0][0]
    shown = configured_workspace.call("review", str(batch)).out
    assert '"Sent" (2) is an open claim, not confirmed yet' in " ".join(shown.split())
    assert configured_workspace.call("approve", str(batch), "--yes").code == 0
    assert configured_workspace.call("resume", "--yes").code in {0, 3}
    assert sent(fake_apis) == ["INV-C1", "INV-C2", "INV-C3"]
    listed(configured_workspace, "c.csv", row("C4", "Sent"), row("C5", "Viewed"))
    run(configured_workspace, "c.csv", 6)
    assert sent(fake_apis) == ["INV-C1", "INV-C2", "INV-C3", "INV-C4"]


def test_a_question_that_a_later_list_does_not_ask_any_more_is_taken_back(configured_workspace, fake_apis):
    listed(configured_workspace, "a.csv", row("C1", "Disputed"), row("C2", "Disputed"))
    run(configured_workspace, "a.csv", 6)
    listed(configured_workspace, "b.csv", row("C1", "Overdue"), row("C2", "Paid"))
    run(configured_workspace, "b.csv")
    assert sent(fake_apis) == ["INV-C1"]
    assert counts(configured_workspace) == {"rows": 2, "accepted": 1, "withdrawn": 1}


def test_an_answer_holds_for_the_row_as_it_is(configured_workspace, fake_apis):
    listed(configured_workspace, "a.csv", row("C1", "Disputed"), row("C2", "On hold"))
    run(configured_workspace, "a.csv", 6)
    answered = configured_workspace.call("resolve", "--batch", "1", "--kind", "disputed", "--send", "--confirm", "2")
    assert answered.code == 0, answered
    run(configured_workspace, "a.csv")
    assert sent(fake_apis) == ["INV-C1", "INV-C2"]
    listed(configured_workspace, "c.csv", row("C1", "Disputed"), row("C3", "Disputed"))
    run(configured_workspace, "c.csv", 6)  # the first is imported already, the other is new
    assert counts(configured_workspace) == {"rows": 2, "already_imported": 1, "questioned": 1}


def test_a_settled_row_with_an_open_amount_is_answered_by_itself_and_never_in_bulk(configured_workspace, fake_apis):
    rows = [case(ref, "100.00") for ref in ("C1", "C2", "C3")]
    settled = zip(rows, ("", "2026-05-20", "2026-05-21"), strict=True)
    rows = [one | {"Balance due": one.pop("amount_to_recover"), "Settled date": day} for one, day in settled]
    write_csv(configured_workspace.folder / "a.csv", rows)
    ended = run(configured_workspace, "a.csv", 6)
    assert ("--kind settled --drop" in ended.out, "--kind settled --send" in ended.out) == (True, False)
    refused = configured_workspace.call("resolve", "--batch", "1", "--kind", "settled", "--send", "--confirm", "2")
    assert (refused.code, "answer each row by itself" in refused.err) == (2, True)
    asked = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", "a.csv")
    assert configured_workspace.call("resolve", str(asked[0]["#entry"]), "--send").code == 0
    assert configured_workspace.call("resume", "--yes").code in {0, 6}
    assert sent(fake_apis) == ["INV-C1", "INV-C2"]


def test_what_is_paid_while_it_waits_is_not_sent_and_what_was_sent_is_changed(configured_workspace, fake_apis):
    listed(configured_workspace, "a.csv", row("C1", "Overdue"))
    run(configured_workspace, "a.csv")
    waiting = [row(f"C{number}", "Overdue") for number in range(2, 12)]
    listed(configured_workspace, "b.csv", *waiting)
    assert configured_workspace.call("run", "b.csv", "--confirm", "999").code == 8
    assert configured_workspace.call("approve", "2", "--confirm", "10").code == 0
    paid = [row("C1", "Paid", "0.00"), *(row(f"C{n}", "Paid", "0.00") for n in (2, 3)), *waiting[2:]]
    listed(configured_workspace, "c.csv", *paid)
    run(configured_workspace, "c.csv", 3)  # a person has to tell the partner about the one that was sent
    assert sent(fake_apis) == sorted(["INV-C1", *(f"INV-C{number}" for number in range(4, 12))])
    assert counts(configured_workspace) == {"rows": 11, "accepted": 8, "changed": 1, "withdrawn": 2}
    (changed,) = read_sheet(configured_workspace.reports()[-1] / "changes.xlsx", "c.csv")
    assert "Tell the collection partner" in changed["#errors"]


def test_a_mistyped_year_is_a_reject_and_not_merely_not_due(configured_workspace, fake_apis):
    listed(
        configured_workspace, "a.csv", row("C1", "Overdue", due_date="2026-02-14"), row("C2", "Overdue", due_date="2062-02-14")
    )
    run(configured_workspace, "a.csv", 3)
    assert sent(fake_apis) == ["INV-C1"]


def test_a_total_is_listed_and_does_not_count_in_expectations(configured_workspace, fake_apis):
    text = (
        "Fakturanr.;Kundenavn;Fakturadato;Restbeløb\n1;Bodil Amsel;2026-01-31;100,50\n2;Kaj;2026-01-31;200,00\n;I alt;;300,50\n"
    )
    (configured_workspace.folder / "a.csv").write_text(text, encoding="utf-8")
    defaults = {"CREDITOR_COMPANY_NAME": "Nordlys Energi A/S", "CREDITOR_COUNTRY": "DK", "DEBTOR_TYPE": "Person"}
    for name, value in (defaults | {"DEBTOR_COUNTRY": "DK", "CURRENCY": "DKK"}).items():
        configured_workspace.env[f"IMPORTER_DEFAULTS__{name}"] = value
    run(configured_workspace, "a.csv", 0, "--expect-rows", "2", "--expect-total", "DKK=300.50")
    assert sent(fake_apis) == ["1", "2"]
    assert counts(configured_workspace) == {"rows": 3, "accepted": 2, "left_out": 1}
    (total,) = read_sheet(configured_workspace.reports()[-1] / "left-out.xlsx", "a.csv")
    assert (total["#row"], total["Kundenavn"], total["Restbeløb"]) == (4, "I alt", "300,50")


def test_contradicting_rows_hold_back_the_case_and_its_vouchers(configured_workspace, fake_apis):
    flat = {"voucher_type": "invoice", "voucher_amount": "10.00", "voucher_source": "CREDITOR"}
    rows = [case("C1") | flat | {"voucher_reference_id": "1"}, case("C1", "250.50") | flat | {"voucher_reference_id": "2"}]
    write_csv(configured_workspace.folder / "a.csv", rows)
    run(configured_workspace, "a.csv", 3)
    assert (fake_apis.cases, fake_apis.vouchers) == ([], [])


def test_map_confirms_the_values_of_the_last_import(configured_workspace, fake_apis):
    profiles = configured_workspace.folder / "profiles"
    profiles.mkdir()
    (profiles / "erp.toml").write_text('# mine\ndescription = "ERP"\n', encoding="utf-8")
    listed(configured_workspace, "a.csv", row("C1", "Sent"))
    run(configured_workspace, "a.csv", 6, "--profile", "erp")
    for command in ("status", "doctor"):
        shown = " ".join(configured_workspace.call(command).out.split())
        assert 'he profile erp waits for a confirmation of 1 value ("Sent") of a.csv' in shown
        assert "`importer map --confirm erp`" in shown
    waiting = json.loads(configured_workspace.call("status", "--json").out)["unconfirmed_profiles"]
    assert waiting == [
        {"profile": "erp", "file": "a.csv", "values": [{"heading": "Status", "value": "Sent", "taken_for": "claim"}]}
    ]
    confirmed = configured_workspace.call("map", "--confirm", "erp")
    assert confirmed.code == 0, confirmed
    assert '"Sent" is an open claim' in confirmed.out
    assert '[values.row_state]\nSent = "claim"' in (profiles / "erp.toml").read_text(encoding="utf-8")
    assert json.loads(configured_workspace.call("status", "--json").out)["unconfirmed_profiles"] == []
    run(configured_workspace, "a.csv", 0, "--profile", "erp")
    assert sent(fake_apis) == ["INV-C1"]
    again = configured_workspace.call("map", "--confirm", "erp")
    assert (again.code, "certain or confirmed" in again.err) == (2, True)


def test_approving_a_review_confirms_the_values_of_its_profile(configured_workspace):
    profiles = configured_workspace.folder / "profiles"
    profiles.mkdir()
    (profiles / "erp.toml").write_text('description = "ERP"\n', encoding="utf-8")
    listed(configured_workspace, "a.csv", row("C1", "Sent"))
    assert configured_workspace.call("run", "a.csv", "--profile", "erp", "--confirm", "999").code == 6
    assert "waits for a confirmation" in configured_workspace.call("status").out
    assert configured_workspace.call("review", "1").code == 0
    assert configured_workspace.call("approve", "1", "--yes").code == 0
    assert "waits for a confirmation" not in configured_workspace.call("status").out


def test_an_error_sheet_without_the_credits_takes_no_question_back(configured_workspace, fake_apis):
    same = {"debtor_name": "Bodil Zebrahest"}
    listed(configured_workspace, "a.csv", row("C1", "Overdue", "100.00", **same), row("C2", "Overdue", "-30.00", **same))
    run(configured_workspace, "a.csv", 6)
    errors = configured_workspace.reports()[-1] / "errors.xlsx"
    run(configured_workspace, errors, 3)
    assert fake_apis.cases == []
    listed(configured_workspace, "b.csv", row("C1", "Overdue", "70.00", **same))  # the next list has set the credit off
    run(configured_workspace, "b.csv")
    assert [one["amount"] for one in fake_apis.cases] == ["70.00"]
