"""The column table: the single definition of every column that a sheet may have.

The loader maps headers with it; the templates, the guide sheet and docs/columns.md are written from it; server answers are
translated back to column names with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from importer.domain.aliases import Names, keys, names_of
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import fold


class ValueKind(StrEnum):
    """The kind of value in a column, which determines how its cells are read and formatted."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # text, of which digits and leading zeros are kept
    MONEY = "money"
    DATE = "date"
    COUNTRY = "country"
    CURRENCY = "currency"
    FLAG = "flag"
    RATE = "rate"
    UUID = "uuid"
    CHOICE = "choice"
    JSON = "json"
    FILE = "file"


class Requirement(StrEnum):
    """The requirement that a sheet has the column."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"  # required in the situation that the help text describes
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` is canonical, ``path`` is the member of the request (dots between levels).

    ``aliases`` are its other names in our templates and the APIs; ``elsewhere`` are its names in other systems.
    """

    name: str
    kind: RecordKind
    path: str
    requirement: Requirement
    value_kind: ValueKind
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    elsewhere: Names = field(default_factory=Names)


def _case(
    name: str, path: str, requirement: Requirement, value_kind: ValueKind, help_text: str, example: str, *aliases: str
) -> Column:
    return Column(
        name, RecordKind.CASE, path, requirement, value_kind, help_text, example, aliases, names_of(RecordKind.CASE, name)
    )


def _voucher(
    name: str, path: str, requirement: Requirement, value_kind: ValueKind, help_text: str, example: str, *aliases: str
) -> Column:
    return Column(
        name, RecordKind.VOUCHER, path, requirement, value_kind, help_text, example, aliases, names_of(RecordKind.VOUCHER, name)
    )


R, C, O = Requirement.REQUIRED, Requirement.CONDITIONAL, Requirement.OPTIONAL  # noqa: E741

CASE_COLUMNS: tuple[Column, ...] = (
    _case(
        "case_ref",
        "",
        O,
        ValueKind.IDENTIFIER,
        "Your own key for the case; vouchers name it. Without it the creditor reference is used.",
        "C-1001",
        "case_reference",
        "case_number",
        "case_no",
    ),
    _case(
        "creditor_company_name",
        "creditorCompanyName",
        R,
        ValueKind.TEXT,
        "Who the money is owed to.",
        "Nordlys Energi A/S",
        "creditor",
        "creditor_name",
    ),
    _case(
        "creditor_country",
        "creditorCountryAlpha2",
        R,
        ValueKind.COUNTRY,
        "The creditor's country: a code or its English name.",
        "DK",
        "creditorCountry",
    ),
    _case("currency", "currencyCode", R, ValueKind.CURRENCY, "Three-letter ISO code.", "DKK", "currency_code"),
    _case(
        "date", "date", R, ValueKind.DATE, "Date of the invoice; not in the future.", "2026-01-31", "invoice_date", "issue_date"
    ),
    _case(
        "due_date",
        "dueDate",
        O,
        ValueKind.DATE,
        "When it was due. A row that is due today or later is left out until a later import.",
        "2026-02-14",
        "invoice_due_date",
    ),
    _case(
        "amount_to_recover",
        "amountToRecover",
        R,
        ValueKind.MONEY,
        "The claim in major units, above zero, at most two decimals.",
        "5000.00",
        "principal_amount",
        "claim_amount",
    ),
    _case(
        "creditor_reference",
        "creditorReference",
        O,
        ValueKind.IDENTIFIER,
        "The creditor's own reference, at most 50 characters.",
        "INV-20261",
        "invoice_number",
        "invoice_no",
    ),
    _case(
        "claim_description",
        "claimDescription",
        O,
        ValueKind.TEXT,
        "What the claim is for, at most 4,000 characters.",
        "Electricity, January",
        "description",
    ),
    _case(
        "comments",
        "comments",
        O,
        ValueKind.TEXT,
        "Notes to the collection partner, at most 4,000 characters.",
        "Two reminders sent",
        "comment",
        "notes",
    ),
    _case(
        "collection_partner_id",
        "collectionPartnerId",
        O,
        ValueKind.UUID,
        "A chosen collection partner; empty for automatic matching.",
        "",
    ),
    _case("is_test", "isTest", O, ValueKind.FLAG, "yes for a test case: stored, never collected.", "no", "test"),
    _case("tag", "tag", O, ValueKind.TEXT, "Groups test cases, at most 100 characters.", ""),
    _case("debtor_type", "debtor.type", R, ValueKind.CHOICE, "Company or Person.", "Company", "debtor.type"),
    _case(
        "debtor_name",
        "debtor.name",
        R,
        ValueKind.TEXT,
        "The company's or the person's full name.",
        "Havblik Handel ApS",
        "debtor.name",
        "debtor",
    ),
    _case(
        "debtor_contact_person",
        "debtor.contactPerson",
        C,
        ValueKind.TEXT,
        "Required for a company.",
        "Mette Holm",
        "debtor.contactPerson",
        "contact_person",
    ),
    _case(
        "debtor_registration_number",
        "debtor.companyRegistrationNumber",
        O,
        ValueKind.IDENTIFIER,
        "The company's registration number.",
        "12345678",
        "debtor.companyRegistrationNumber",
        "company_registration_number",
        "registration_number",
    ),
    _case(
        "debtor_address", "debtor.address", O, ValueKind.TEXT, "Street and number.", "Havnegade 4", "debtor.address", "address"
    ),
    _case(
        "debtor_zip_code",
        "debtor.zipCode",
        O,
        ValueKind.IDENTIFIER,
        "Postal code; leading zeros are kept.",
        "8000",
        "debtor.zipCode",
        "postal_code",
        "zip_code",
        "zip",
    ),
    _case("debtor_city", "debtor.city", O, ValueKind.TEXT, "Town.", "Aarhus", "debtor.city", "city"),
    _case(
        "debtor_state",
        "debtor.state",
        C,
        ValueKind.TEXT,
        "Required for a debtor in the US: two letters (CA) or the name (California). Elsewhere any region, sent as it is.",
        "",
        "debtor.state",
        "debtor.stateAlpha2",
        "state",
    ),
    _case(
        "debtor_country",
        "debtor.countryAlpha2",
        R,
        ValueKind.COUNTRY,
        "The debtor's country: a code or its English name.",
        "DK",
        "debtor.countryAlpha2",
        "debtor.country",
        "country",
    ),
    _case("debtor_email", "debtor.email", O, ValueKind.TEXT, "E-mail address.", "mette@havblik.example", "debtor.email", "email"),
    _case(
        "debtor_phone",
        "debtor.phone",
        O,
        ValueKind.IDENTIFIER,
        "Phone number, as text.",
        "+45 12 34 56 78",
        "debtor.phone",
        "phone_number",
        "phone",
    ),
)

VOUCHER_COLUMNS: tuple[Column, ...] = (
    _voucher(
        "case_ref",
        "",
        C,
        ValueKind.IDENTIFIER,
        "The case's case_ref (or creditor reference); or give case_id.",
        "C-1001",
        "case_reference",
        "case_number",
        "case_no",
    ),
    _voucher("case_id", "", C, ValueKind.IDENTIFIER, "The id of a case that exists already; instead of case_ref.", ""),
    _voucher(
        "unique_id",
        "uniqueId",
        O,
        ValueKind.IDENTIFIER,
        "Your own unique key of the voucher; made from its reference_id or its content if empty.",
        "V-1001-1",
    ),
    _voucher(
        "voucher_type",
        "voucherTypeId",
        R,
        ValueKind.CHOICE,
        "Name (English or Danish) or id of the voucher type.",
        "invoice",
        "voucherTypeId",
        "type",
    ),
    _voucher(
        "voucher_amount",
        "amount",
        R,
        ValueKind.MONEY,
        "In major units and positive; the type says which way it counts.",
        "5000.00",
        "amount",
    ),
    _voucher("currency", "currency", R, ValueKind.CURRENCY, "DKK, SEK, NOK, USD, EUR, GBP or CHF.", "DKK", "currency_code"),
    _voucher("date", "date", R, ValueKind.DATE, "Date of the voucher.", "2026-01-31", "invoice_date", "issue_date"),
    _voucher("due_date", "dueDate", O, ValueKind.DATE, "When it is due.", "2026-02-14", "invoice_due_date"),
    _voucher("source", "source", R, ValueKind.CHOICE, "CREDITOR or COLLECTOR: who imposes it.", "CREDITOR"),
    _voucher(
        "reference_id",
        "referenceId",
        O,
        ValueKind.IDENTIFIER,
        "Its number at the creditor, such as the invoice number.",
        "INV-20261",
    ),
    _voucher("text", "text", O, ValueKind.TEXT, "A line of text on the voucher.", "Electricity, January"),
    _voucher("interest_rate", "interest", O, ValueKind.RATE, "Yearly rate: 8.05 % or 0.0805.", "8.05 %", "interest"),
    _voucher("interest_start_date", "interestStartDate", O, ValueKind.DATE, "First day that bears interest.", "2026-02-15"),
    _voucher("interest_end_date", "interestEndDate", O, ValueKind.DATE, "Last day that bears interest.", ""),
    _voucher(
        "parent_unique_id",
        "referenceCaseVoucherId",
        O,
        ValueKind.IDENTIFIER,
        "unique_id of the voucher that this one belongs to.",
        "",
    ),
    _voucher(
        "reference_case_voucher_id",
        "referenceCaseVoucherId",
        O,
        ValueKind.UUID,
        "The same by its id at Debbie, if it exists already.",
        "",
    ),
    _voucher("appendix_file", "appendix", O, ValueKind.FILE, "A PDF or picture in the sheet's folder, to be attached.", ""),
    _voucher("distribute", "distribute", O, ValueKind.JSON, "JSON list; its amounts (minor units) add up to the voucher's.", ""),
    _voucher("reference_vouchers", "referenceVouchers", O, ValueKind.JSON, "JSON list of objects, sent as it is.", ""),
)

PROPERTY_PREFIX = "properties."
FLAT_PREFIX = "voucher_"
DEBITURA_TEMPLATE = ("InvoiceNumber", "DebtorName", "Country", "InvoiceDate", "PrincipalAmount", "CurrencyCode")


def columns_of(kind: RecordKind) -> tuple[Column, ...]:
    """Return the columns of cases or of vouchers."""
    return CASE_COLUMNS if kind is RecordKind.CASE else VOUCHER_COLUMNS


@cache
def column(kind: RecordKind, name: str) -> Column:
    """Return the column with this canonical name. A property column (``properties.x``) is created on demand.

    Raises KeyError for any other name.
    """
    for known in columns_of(kind):
        if known.name == name:
            return known
    if kind is RecordKind.VOUCHER and name.startswith(PROPERTY_PREFIX):
        return _voucher(name, name, O, ValueKind.TEXT, "A case voucher property of the installation.", "")
    raise KeyError(name)


def flat_name(name: str) -> str:
    """Return the heading of a voucher column in a flat sheet, where the name without prefix belongs to the case."""
    return name if name.startswith(FLAT_PREFIX) else FLAT_PREFIX + name


@cache
def own_index(kind: RecordKind) -> dict[str, str]:
    """Map folded headings to canonical names: our own names and those of the APIs."""
    return _index((c.name, (c.name, c.path, *c.aliases)) for c in columns_of(kind))


@cache
def index_of(kind: RecordKind) -> dict[str, str]:
    """Map folded headings to canonical names for a sheet of one kind, including the certain headings of other systems."""
    return {key: c.name for c in columns_of(kind) for key in keys(c.elsewhere.sure)} | own_index(kind)


@cache
def weak_index(kind: RecordKind) -> dict[str, str]:
    """Map folded headings to the columns that they may mean if nothing in the sheet contradicts."""
    weak = {key: c.name for c in columns_of(kind) for key in keys(c.elsewhere.weak)}
    return {key: name for key, name in weak.items() if key not in index_of(kind)}


@cache
def flat_index() -> dict[str, str]:
    """Map folded headings to canonical names (of vouchers ``voucher_…``) for a sheet of cases with their vouchers."""
    vouchers = (
        (flat_name(c.name), tuple(flat_name(n) for n in (c.name, c.path, *c.aliases) if n))
        for c in VOUCHER_COLUMNS
        if c.name != "case_ref"
    )
    return index_of(RecordKind.CASE) | _index(vouchers)


def _index(names: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {fold(alias): name for name, aliases in names for alias in aliases if alias}


@cache
def name_of_path(kind: RecordKind, path: str) -> str | None:
    """Return the canonical name of the column of a request's member, or None.

    Servers and validators spell members differently: ``Debtor.Email``, ``debtor.contact_person``, ``creditorCountry``.
    """
    wanted = fold(path)
    exact = next((c.name for c in columns_of(kind) if c.path and fold(c.path) == wanted), None)
    return exact or own_index(kind).get(wanted)


def is_known(name: str) -> bool:
    """Return whether ``name`` is canonical: a column of cases, of vouchers, or of vouchers in a flat sheet."""
    if name in flat_index().values() or name in index_of(RecordKind.VOUCHER).values():
        return True
    try:
        column(RecordKind.VOUCHER, name.removeprefix(FLAT_PREFIX))
    except KeyError:
        return False
    return True
