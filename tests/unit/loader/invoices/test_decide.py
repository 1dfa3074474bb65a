"""What becomes of the documents of one debtor, as a table."""

import datetime as dt

import pytest

from importer.domain.document_texts import MOST_CHARACTERS
from importer.domain.documents import DocumentKind
from importer.domain.reasons import Reason
from importer.loader.invoices.decide import GroupOutcome, GroupRules, decide
from importer.loader.invoices.listed import ListedDocument, Place, Standing
from importer.loader.invoices.texts import comments_of, description_of

TODAY = dt.date(2026, 11, 1)
TYPES = {
    DocumentKind.INVOICE: "invoice",
    DocumentKind.CREDIT_NOTE: "credit note",
    DocumentKind.PAYMENT: "deposit",
    DocumentKind.FEE: "reminder fee",
}
HELD = Reason("disputed", "says that the row is disputed", None, "Dispute", "yes")
UNREAD = Reason("credits", "is a credit whose amount cannot be read", "amount_to_recover", "Open", "x")


class Listed:
    """Makes documents in the rows 2, 3, …"""

    def __init__(self):
        self.row = 1

    def document(self, kind, number, cents, **more):
        self.row += 1
        day = more.pop("date", dt.date(2026, 1, 1))
        due = more.pop("due", dt.date(2026, 2, 1) if kind is DocumentKind.INVOICE else None)
        booked = more.pop("booked", cents)
        return ListedDocument(Place(0, self.row), kind, TYPES[kind], number, number, day, due, booked, cents, **more)

    def invoice(self, number, cents, **more):
        return self.document(DocumentKind.INVOICE, number, cents, **more)

    def credit(self, number, cents, **more):
        return self.document(DocumentKind.CREDIT_NOTE, number, cents, **more)

    def payment(self, number, cents, **more):
        return self.document(DocumentKind.PAYMENT, number, cents, **more)

    def fee(self, number, cents, **more):
        return self.document(DocumentKind.FEE, number, cents, **more)


@pytest.fixture
def listed():
    return Listed()


def decided(*documents, **rules):
    return decide(documents, GroupRules(**rules), TODAY)


def codes(decision):
    return [one.code for one in decision.questions]


def numbers(decision):
    return [one.shown for one in decision.members]


def test_the_principal_is_the_sum_of_the_invoices_less_credits_and_payments(listed):
    found = decided(listed.invoice("1", 10000), listed.invoice("2", 5000), listed.credit("K", 1000), listed.payment(None, 500))
    assert (found.outcome, found.cents, found.questions) == (GroupOutcome.CASE, 13500, ())
    assert found.unassigned_cents == 1500


def test_fees_are_members_but_no_principal(listed):
    found = decided(listed.invoice("1", 10000), listed.fee("G", 700))
    assert (found.cents, found.fee_cents, numbers(found)) == (10000, 700, ["G", "1"])


def test_dates_are_those_of_the_oldest_invoice_of_which_something_is_left(listed):
    old = listed.invoice("1", 10000, date=dt.date(2025, 1, 1), due=dt.date(2025, 2, 1))
    new = listed.invoice("2", 9000, date=dt.date(2026, 3, 1), due=dt.date(2026, 4, 1))
    assert (decided(old, new).date, decided(old, new).due) == (dt.date(2025, 1, 1), dt.date(2025, 2, 1))
    found = decided(old, new, listed.payment("B", 9000))
    assert (found.date, found.due) == (dt.date(2025, 1, 1), dt.date(2025, 2, 1))
    found = decided(old, new, listed.credit("K", 10000))
    assert (found.date, found.due, found.cents) == (dt.date(2026, 3, 1), dt.date(2026, 4, 1), 9000)


def test_a_credit_that_names_an_invoice_is_set_off_against_it(listed):
    old = listed.invoice("1", 10000, date=dt.date(2025, 1, 1), due=dt.date(2025, 2, 1))
    new = listed.invoice("2", 9000, due=dt.date(2026, 4, 1))
    credit = listed.credit("K", 9000, named="2")
    found = decided(old, new, credit)
    assert (found.cents, found.due, found.unassigned_cents) == (10000, dt.date(2025, 2, 1), 0)
    assert found.parents[credit.place] is new


@pytest.mark.parametrize("text", ["Kreditnota til faktura 20311", "re. 20311, returned", "20311"])
def test_a_credit_may_name_its_invoice_in_words(listed, text):
    first, second = listed.invoice("20311", 5000), listed.invoice("20312", 5000)
    credit = listed.credit("K", 100, text=text)
    assert decided(first, second, credit).parents[credit.place] is first


@pytest.mark.parametrize("text", ["203110", "20311 and 20312", "nothing"])
def test_a_text_that_names_none_or_several_invoices_names_none(listed, text):
    rows = [listed.invoice("20311", 5000), listed.invoice("20312", 5000), listed.credit("K", 100, text=text)]
    assert decided(*rows).parents == {}


def test_what_is_not_due_stays_out_with_the_credits_that_name_it(listed):
    later = listed.invoice("2", 9000, standing=Standing.NOT_DUE, reasons=(Reason("not_due_yet", "is later"),))
    credit = listed.credit("K", 9000, named="2")
    found = decided(listed.invoice("1", 10000), later, credit)
    assert (found.cents, numbers(found)) == (10000, ["1"])
    assert {place.row: why.code for place, why in found.out.items()} == {2: "not_due_yet", 3: "with_document"}


def test_a_debtor_with_fees_only_or_without_a_balance_is_left_out(listed):
    assert decided(listed.fee("G", 700)).reason.code == "fees_only"
    invoice = listed.invoice("1", 1000)
    found = decided(invoice, listed.credit("K", 1000, named="1"))
    assert (found.outcome, found.reason.code) == (GroupOutcome.LEFT_OUT, "balance")
    assert decided(listed.credit("K", 100)).reason.code == "no_invoice_left"


def test_unassigned_credits_that_are_large_or_swallow_the_claim_are_a_question(listed):
    rows = [listed.invoice("1", 10000), listed.payment(None, 5000)]
    assert codes(decided(*rows)) == []
    large = decided(listed.invoice("1", 10000), listed.payment(None, 5001))
    assert (codes(large), large.cents) == (["unassigned_credits"], 4999)
    swallowed = decided(listed.invoice("1", 10000), listed.payment(None, 10000))
    assert (swallowed.outcome, codes(swallowed), swallowed.cents) == (GroupOutcome.CASE, ["unassigned_credits"], 10000)
    assert [why.code for why in swallowed.out.values()] == ["not_taken_off"]


def test_a_question_or_an_unread_row_holds_the_whole_group(listed):
    rows = [listed.invoice("1", 10000), listed.invoice("2", 500, standing=Standing.QUESTION, reasons=(HELD,))]
    found = decided(*rows)
    assert (found.cents, codes(found)) == (10500, ["disputed"])
    assert found.questions[0].message.startswith("Row 3: Dispute")
    unread = listed.credit("K", 0, standing=Standing.UNREAD, reasons=(UNREAD,))
    assert codes(decided(rows[0], unread)) == ["credits"]


def test_a_disputed_invoice_can_be_left_out_with_its_credits(listed):
    disputed = listed.invoice("2", 500, standing=Standing.QUESTION, reasons=(HELD,))
    found = decided(listed.invoice("1", 10000), disputed, listed.credit("K", 100, named="2"), leaves_out_disputed=True)
    assert (found.cents, found.questions, numbers(found)) == (10000, (), ["1"])


def test_payments_can_be_left_out(listed):
    found = decided(listed.invoice("1", 10000), listed.payment("B", 100), listed.credit("K", 100), payments_count=False)
    assert (found.cents, [why.code for why in found.out.values()]) == (9900, ["payment_ignored"])


def test_a_bad_row_rejects_the_group(listed):
    bad = listed.credit("K", 0, standing=Standing.REJECTED, reasons=(UNREAD,))
    found = decided(listed.invoice("1", 10000), bad)
    assert (found.outcome, found.reason.code) == (GroupOutcome.REJECTED, "group_rejected")
    assert "row 2" in found.reason.message


def test_rows_with_one_number_are_one_document_or_contradict_each_other_or_are_instalments(listed):
    assert decided(listed.invoice("1", 10000), listed.invoice("1", 10000)).cents == 10000
    found = decided(listed.invoice("1", 10000), listed.invoice("1", 900))
    assert (found.outcome, found.reason.code) == (GroupOutcome.REJECTED, "contradiction")
    parts = [listed.invoice("1", 1000, due=dt.date(2026, month, 1)) for month in (2, 3)]
    found = decided(*parts)
    assert found.cents == 2000
    assert len({one.identity for one in found.members}) == 2


def test_equal_payments_without_a_number_are_two_wherever_their_rows_are(listed):
    rows = [listed.invoice("1", 10000), listed.payment(None, 100, text="a"), listed.payment(None, 100, text="b")]
    assert decided(*rows).cents == 9800
    one, other = ({(m.identity, m.text) for m in decided(*order).members} for order in (rows, rows[::-1]))
    assert {identity for identity, _ in one} == {identity for identity, _ in other}
    assert len(one) == 3


def test_payments_under_the_number_of_their_invoice_name_it(listed):
    invoice, first, second = listed.invoice("1", 10000), listed.payment("1", 100), listed.payment("1", 250)
    found = decided(invoice, first, second)
    assert (found.outcome, found.cents, found.unassigned_cents) == (GroupOutcome.CASE, 9650, 0)


def test_an_identity_has_nothing_that_changes(listed):
    before, after = listed.credit("K", 500, booked=900), listed.credit("K", 200, booked=900, text="other")
    assert before.identity == after.identity


@pytest.mark.parametrize(
    ("due", "months"),
    [(dt.date(2026, 1, 1), 6), (dt.date(2025, 10, 1), 12), (dt.date(2024, 1, 1), 24), (dt.date(2026, 9, 1), 0)],
)
def test_most_of_the_money_may_be_younger_than_the_due_date(listed, due, months):
    found = decided(listed.invoice("1", 100, due=due), listed.invoice("2", 9000, due=dt.date(2026, 10, 1)))
    assert found.mostly_younger == months


def test_comments_list_the_documents_within_their_limit(listed):
    rows = [listed.invoice(f"N{n}", 10000 + n, remark="Sent twice" if n == 1 else "") for n in range(1, 301)]
    found = decided(*rows, listed.credit("K", 100, named="N1"), listed.fee("G", 700))
    text = comments_of(found, "DKK")
    assert len(text) <= MOST_CHARACTERS
    assert "N1 of 2026-01-01, due 2026-02-01: 100.01 (Sent twice)" in text
    assert "more, " in text
    assert "K of 2026-01-01, for N1: -1.00" in text
    assert text.endswith("To be recovered: DKK 30,450.50")
    assert description_of(found) == "300 unpaid invoices of 2026-01-01, less credits and payments."


def test_the_description_of_the_sheet_counts(listed):
    assert description_of(decided(listed.invoice("1", 100, description="Electricity"))) == "Electricity"
