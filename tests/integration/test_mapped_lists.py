"""Lists that `map` once read wrongly: only typed answers decide about money and parties, and the right claims are sent."""

from __future__ import annotations

import re
import tomllib

import pytest
from support.sheets import write_workbook

from importer.commands.map import map_file
from importer.commands.map_request import MapRequest
from importer.errors import ExitCode
from importer.settings import Settings

FOR_ALL = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "by name"}
CONTACT = {"debtor_contact_person": "Mette Holm"}

PAID_IN_PART = (
    "Debitor;Land;Faktura nr.;Fakt.dato;Fakturabeløb;Indbetalt;Rest\nPer Holm;Danmark;F1;16-02-2026;1.000,50;400,00;600,50\n"
)
DUNNING = (
    "Kunden-Nr.;Firma;Ansprechpartner;Straße;PLZ;Ort;Land;E-Mail;Beleg-Nr.;Belegdatum;Fälligkeit;Offener Betrag (EUR);Mahnstufe\n"
    "70000;Müller Bau GmbH;Frau Klein;Am Kai 1;80331;Berlin;Deutschland;k0@example.de;RE-1000;01.02.2026;03.03.2026;7.765,44;0\n"
    "70001;Weiß & Söhne KG;Frau Klein;Am Kai 2;10115;Leipzig;Deutschland;k1@example.de;RE-1001;06.02.2026;08.03.2026;3.530,31;1\n"
    "70003;Jürgen Groß;;Am Kai 4;01067;Berlin;Deutschland;k3@example.de;RE-1003;16.02.2026;18.03.2026;8.644,04;3\n"
)
COUNTRIES = (
    "Kundenr.;Navn;Land;Landekode;Fakturanr.;Fakturadato;Valuta;Restbeløb\n"
    "10017;Zebra GmbH;Tyskland;DE;20311;2026-05-01;EUR;3000,50\n1002;Birthe Sand;Danmark;DK;20312;2026-05-01;DKK;899,50\n"
)
ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,"
    "Billing Street,Billing Address1,Billing Company,Billing City,Billing Zip,Billing Country,Billing Phone,Notes,"
    "Cancelled at,Payment Method,Refunded Amount,Id,Outstanding Balance\n"
    "#1041,birthe@sand.example,pending,,fulfilled,DKK,400.00,39.00,87.80,439.00,,0.00,2026-06-01 10:00:00 +0200,2,"
    "Kettle,150.00,K-1,Birthe Sand,Havnegade 4,Havnegade 4,,Odense,'5000,DK,+4522334455,,,Invoice,0.00,551,439.00\n"
    "#1041,birthe@sand.example,,,,,,,,,,,2026-06-01 10:00:00 +0200,1,Cup,100.00,C-1,,,,,,,,,,,,,,\n"
    "#1042,kaj@lund.example,paid,2026-06-02 11:00:00 +0200,fulfilled,DKK,200.00,0.00,40.00,200.00,,0.00,"
    "2026-06-02 10:58:00 +0200,1,Lamp,200.00,L-1,Kaj Lund,Torvet 1,Torvet 1,Lund Lys ApS,Aarhus,'8000,DK,,,,Card,"
    "0.00,552,0.00\n"
    "#1043,ebba@holm.example,refunded,2026-06-02 12:00:00 +0200,,DKK,99.00,0.00,19.80,99.00,,0.00,"
    "2026-06-02 11:58:00 +0200,1,Mug,99.00,M-1,Ebba Holm,Vej 3,Vej 3,,Vejle,'7100,DK,,,2026-06-03 08:00:00 +0200,"
    "Card,99.00,553,0.00\n"
)


class Clerk:
    """Answers a question by the heading or the column that it is about, and types Enter to all others."""

    def __init__(self, **answers):
        self.answers, self.lines, self.asked, self.shown = answers, [], [], []

    def say(self, line):
        self.lines.extend(line.split("\n"))

    def ask(self, prompt):
        del prompt
        shown, self.lines = "\n".join(self.lines), []
        found = re.search(r'^No heading fills (\w+):|^"(.*?)"   ', shown, re.MULTILINE)
        if "This needs an answer" in shown:
            raise EOFError(self.asked[-1])  # Enter was not enough
        name = (found[1] or found[2]) if found else "write"
        self.asked.append(name)
        return self.answers.get(name, "")

    def names(self):
        return [name for name in self.asked if name != "write"]


def mapped(workspace, name, **answers):
    user = Clerk(**answers)
    request = MapRequest(workspace.folder / name, folders=(workspace.folder / "profiles",))
    ended = map_file(request, Settings(), user, user.shown.append)
    assert ended.exit_code is ExitCode.OK, ended.lines
    (profile,) = (workspace.folder / "profiles").iterdir()
    return user, tomllib.loads(profile.read_text(encoding="utf-8"))


def sent_by(workspace, fake_apis, name, code=0):
    ended = workspace.call("run", name, "--yes")
    assert ended.code == code, ended
    return {
        one["creditorReference"]: (one["received"]["debtor"]["name"], one["amount"], one["currency"]) for one in fake_apis.cases
    }


def test_the_open_amount_is_found_where_every_row_proves_it(configured_workspace, fake_apis):
    (configured_workspace.folder / "a.csv").write_text(PAID_IN_PART, encoding="utf-8")
    user, profile = mapped(configured_workspace, "a.csv", **FOR_ALL, currency="DKK")
    assert not {"Fakturabeløb", "Rest"} & set(user.names())  # it is proved, so that nobody is asked
    assert profile["columns"]["Rest"] == "amount_to_recover"
    (one,) = sent_by(configured_workspace, fake_apis, "a.csv").values()
    assert one == ("Per Holm", "600.50", "DKK")


def test_a_workbook_of_open_items_sends_what_is_left_of_each(configured_workspace, fake_apis):
    rows = [
        {"Debitor": "Anne Ågård", "Land": "Danmark", "Faktura nr.": "F1", "Fakt.dato": "25-01-2026", "Fakturabeløb": "5.221,02",
         "Indbetalt": "1.305,26", "Rest": "3.915,76", "Valuta": "DKK"},
        {"Debitor": "Per Bo", "Land": "Danmark", "Faktura nr.": "F2", "Fakt.dato": "31-01-2026", "Fakturabeløb": "38.481,58",
         "Indbetalt": "0,00", "Rest": "38.481,58", "Valuta": "DKK"},
        {"Debitor": "I alt", "Fakturabeløb": "43.702,60", "Indbetalt": "1.305,26", "Rest": "42.397,34"},
    ]  # fmt: skip
    write_workbook(configured_workspace.folder / "a.xlsx", rows)
    user, _ = mapped(configured_workspace, "a.xlsx", **FOR_ALL)
    assert set(user.names()) <= {*FOR_ALL, "debtor_contact_person"}
    assert [one[1] for one in sent_by(configured_workspace, fake_apis, "a.xlsx").values()] == ["3915.76", "38481.58"]


def test_an_amount_that_no_row_proves_is_never_taken_by_enter(configured_workspace):
    text = PAID_IN_PART.replace("600,50", "650,50")
    (configured_workspace.folder / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(EOFError, match="Rest"):
        mapped(configured_workspace, "a.csv", **FOR_ALL, currency="DKK")
    assert not (configured_workspace.folder / "profiles").exists()


def test_names_of_companies_make_a_heading_the_debtor_and_its_amount_keeps_its_currency(configured_workspace, fake_apis):
    (configured_workspace.folder / "a.csv").write_bytes(DUNNING.encode("cp1252"))
    user, profile = mapped(configured_workspace, "a.csv", Firma="1", **FOR_ALL)
    assert "currency" not in user.names()
    assert profile["columns"]["Firma"] == "debtor_name"
    assert set(sent_by(configured_workspace, fake_apis, "a.csv").values()) == {
        ("Müller Bau GmbH", "7765.44", "EUR"),
        ("Weiß & Söhne KG", "3530.31", "EUR"),
        ("Jürgen Groß", "8644.04", "EUR"),
    }


def test_enter_makes_no_heading_a_party(configured_workspace):
    (configured_workspace.folder / "a.csv").write_bytes(DUNNING.encode("cp1252"))
    with pytest.raises(EOFError, match="Firma"):
        mapped(configured_workspace, "a.csv", **FOR_ALL)


def test_enter_takes_no_country_of_a_party_and_no_number_for_a_postal_code(configured_workspace, fake_apis):
    (configured_workspace.folder / "a.csv").write_text(COUNTRIES, encoding="utf-8")
    user, profile = mapped(configured_workspace, "a.csv", **FOR_ALL, **CONTACT)
    assert set(user.names()) == {*FOR_ALL, *CONTACT}
    assert not {"Land", "Kundenr."} & set(profile["columns"])
    assert set(sent_by(configured_workspace, fake_apis, "a.csv").values()) == {
        ("Zebra GmbH", "3000.50", "EUR"),
        ("Birthe Sand", "899.50", "DKK"),
    }


def test_a_shops_orders_are_read_with_their_states(configured_workspace, fake_apis):
    (configured_workspace.folder / "a.csv").write_text(ORDERS, encoding="utf-8")
    answers = dict.fromkeys(("Lineitem name", "Billing Company", "Fulfillment Status", "Subtotal", "Id"), "0")
    user, profile = mapped(configured_workspace, "a.csv", **answers, **FOR_ALL, **CONTACT)
    assert "Of the first 4 rows: may be claims 1, left out 2, questions 1." in user.shown
    assert profile["columns"]["Outstanding Balance"] == "amount_to_recover"
    assert not {"Financial Status", "Paid at", "Cancelled at", "Billing Zip"} & set(profile.get("ignore", ()))
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 6, ended
    assert fake_apis.cases == []  # of the claim somebody must say that a pending order is one


def test_a_mapped_heading_keeps_its_currency(configured_workspace, fake_apis):
    text = DUNNING.replace("Firma", "Name").replace("Offener Betrag (EUR)", "Restbetrag (EUR)")
    (configured_workspace.folder / "a.csv").write_text(text, encoding="utf-8")
    lines = [f'{name} = "{value}"' for name, value in FOR_ALL.items()]
    folder = configured_workspace.folder / "profiles"
    folder.mkdir()
    (folder / "p.toml").write_text('[columns]\n"Restbetrag (EUR)" = "amount_to_recover"\n[constants]\n' + "\n".join(lines))
    ended = configured_workspace.call("run", "a.csv", "--yes", "--profile", "p")
    assert ended.code == 0, ended
    assert {one["currency"] for one in fake_apis.cases} == {"EUR"}


FLAT_REPORTS = {
    "xero": (
        "Contact,Invoice Date,Due Date,Invoice Number,Invoice Reference,Current,< 1 Month,1 Month,2 Months,3 Months,Older,Total\n"
        "Mill Lane Bakery Ltd,03 Jul 2026,02 Aug 2026,INV-3041,PO 778,0.00,0.00,0.00,480.00,0.00,0.00,480.00\n"
        "Iris Fern Ltd,01 Jun 2026,15 Jun 2026,INV-2999,,0.00,0.00,0.00,0.00,0.00,99.95,99.95\n"
    ),
    "xero-without-references": (
        "Contact,Invoice Date,Due Date,Invoice Number,Current,< 1 Month,1 Month,2 Months,3 Months,Older,Total\n"
        "Mill Lane Bakery Ltd,03 Jul 2026,02 Aug 2026,INV-3041,0.00,0.00,0.00,480.00,0.00,0.00,480.00\n"
        "Iris Fern Ltd,01 Jun 2026,15 Jun 2026,INV-2999,0.00,0.00,0.00,0.00,0.00,99.95,99.95\n"
    ),
    "business-central": (
        "Posting Date;Document Type;Document No.;Customer No.;Customer Name;Due Date;Original Amount;Remaining Amount\n"
        "03-07-2026;Invoice;103001;10000;Kontorcentret ApS;02-08-2026;2.500,00;1.500,00\n"
        "25-08-2026;Invoice;103021;10001;Havnens ApS;04-10-2026;800,00;800,00\n"
    ),
}


@pytest.mark.parametrize("name", FLAT_REPORTS)
def test_flat_reports_of_systems_need_no_answer(workspace, name):
    (workspace.folder / f"{name}.csv").write_text(FLAT_REPORTS[name], encoding="utf-8")
    values = ("creditor_company_name=N A/S", "creditor_country=DK", "debtor_type=Person", "currency=DKK", "debtor_country=DK")
    given = [part for value in values for part in ("--set", value)]
    ended = workspace.call("map", f"{name}.csv", "--yes", *given)
    assert ended.code == 0, ended
    assert (" ? " in ended.out, "It is not complete" in ended.out) == (False, False)
