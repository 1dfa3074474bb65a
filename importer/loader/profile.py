"""Profiles: the saved mapping of one kind of sheet, written as TOML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from importer.domain.columns import is_known
from importer.domain.kinds import QuestionKind
from importer.domain.next_list import ListPolicy, NewInvoices
from importer.domain.parties.kinds import PartyKind
from importer.domain.questions import StandingAnswer, StandingAnswers, objection_to
from importer.domain.row_states import WITH_WORDS, is_state_column, meaning_in_profile, profile_words
from importer.domain.text_keys import fold
from importer.loader.joins.rules import objection_to_joins, targets_of
from importer.loader.values.parsers import Formats, strptime_format

MOST_ROWS = 1_048_576  # of a sheet of Excel


class RowFilter(BaseModel):
    """Which rows of a sheet count, by heading and value: ``only`` those with one of these values, without those to ``skip``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    only: dict[str, str | list[str]] = {}
    skip: dict[str, str | list[str]] = {}


class MasterDataRules(BaseModel):
    """Where the master data of debtors are, and how they are joined to the rows of a list.

    ``file`` is a file, seen from the folder of the list; ``sheet`` a sheet of it or, without a file, of the list's own workbook.
    ``key`` is the heading of its customer numbers, ``list_key`` that in the list. ``columns`` maps further headings of it to
    canonical names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = None
    sheet: str | None = None
    key: str | None = None
    list_key: str | None = None
    columns: dict[str, str] = {}

    @property
    def says_columns(self) -> bool:
        """Whether a person has said what headings mean."""
        return bool(self.key or self.columns)

    @field_validator("columns")
    @classmethod
    def _columns_are_of_debtors(cls, value: dict[str, str]) -> dict[str, str]:
        for heading, name in value.items():
            if not (name.startswith("debtor_") and is_known(name)):
                raise ValueError(f'"{name}" for "{heading}" is not a column of debtors; docs/columns.md lists them (debtor_...)')
        return value


class Profile(BaseModel):
    """The rules for reading one kind of sheet. Every key is optional.

    ``columns`` maps the sheet's headings to canonical names (one heading may fill several columns), ``constants`` gives
    a column the same value in every row, ``values`` replaces cells of a column before they are read, and says what the values
    of a state mean. ``joins`` lists the headings whose cells are joined to one column, ``splits`` the columns that one heading's
    cells are split into. ``questions`` answers kinds of questions for good, ``rows`` keeps or drops rows. ``headings`` are all
    headings of the sheets that the profile is for; a file with these headings is read with it automatically.
    ``hidden_rows`` says whether rows that are hidden or filtered count, ``covered_cells`` whether what lies below a merge does.
    ``no_personal_numbers`` are headings of columns whose values only look like personal numbers. ``parties`` lists what debtors
    are whose names do not show it, by customer number, or by name and postal code ("*": all others). ``master_data`` says which
    file or sheet completes the debtors of the list. ``cases_from`` says what makes a case: a row, all rows of a debtor, or all
    rows with one reference. Where several rows make a case, ``vouchers`` says whether each is a voucher, ``payments`` whether
    payments count, and whether a later list that shows less of an invoice than was claimed is a deposit ("voucher"), ``disputed``
    what becomes of a disputed invoice, and ``empty_open`` that an empty open amount is nothing.
    ``new_invoices`` says what becomes of new documents of a debtor with an open case, ``complete_list`` that a list shows every
    open document.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    description: str = ""
    headings: list[str] = []
    sheet: str | list[str] | None = None
    holds: Literal["cases", "vouchers", "flat"] | None = None
    header_row: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(max_length=1)] | None = None
    trailing_delimiter: bool = False
    date_format: str | None = None
    decimal: Literal[".", ","] | None = None
    date_cells: Literal["trusted"] | None = None
    hidden_rows: Literal["read", "skip"] = "read"
    covered_cells: Literal["skip", "read"] = "skip"
    amount_sign: Literal["unsigned", "signed"] = "unsigned"
    on_change: Literal["report", "reject"] = "report"
    cases_from: Literal["row", "debtor", "reference"] = "row"
    vouchers: Literal["each", "none"] = "each"
    payments: Literal["count", "ignore", "voucher"] = "count"
    disputed: Literal["ask", "leave out"] = "ask"
    empty_open: Literal[0] | None = None
    new_invoices: Literal["ask", "case", "add"] = "ask"
    complete_list: bool = False
    columns: dict[str, str | list[str]] = {}
    joins: dict[str, list[str]] = {}
    splits: dict[str, str | list[str]] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    ignore: list[str] = []
    no_personal_numbers: list[str] = []
    questions: dict[str, str] = {}
    rows: RowFilter = RowFilter()
    parties: dict[str, str] = {}
    master_data: MasterDataRules = MasterDataRules()

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str | None) -> str | None:
        import codecs

        from importer.loader.files.text_encoding import is_read_twice

        if value is not None and not is_read_twice(value):
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError("no encoding has this name; try utf-8, windows-1252 or utf-16") from None
        return value

    @field_validator("date_format")
    @classmethod
    def _date_format_is_whole(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                strptime_format(value)
            except ValueError:
                raise ValueError("write day, month and year as D, DD, M, MM, YY, YYYY, such as DD.MM.YYYY") from None
        return value

    @field_validator("questions")
    @classmethod
    def _questions_can_be_answered(cls, value: dict[str, str]) -> dict[str, str]:
        for kind, answer in value.items():
            if objection := objection_to(kind, answer):
                raise ValueError(objection)
        return value

    @field_validator("parties")
    @classmethod
    def _parties_are_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        for name, kind in value.items():
            if kind not in set(PartyKind):
                raise ValueError(f'"{kind}" for "{name}" is no kind of debtor; write {", ".join(PartyKind)}')
        return value

    @model_validator(mode="after")
    def _names_are_known(self) -> Profile:
        for name in (*self.all_targets(), *self.constants, *self.values):
            if not is_known(name) and (name in self.constants or not is_state_column(name)):
                raise ValueError(f'"{name}" is not a column of the importer; docs/columns.md lists them')
        unknown = (
            (name, word) for name in WITH_WORDS for word in self.values.get(name, {}).values() if not meaning_in_profile(word)
        )
        for name, word in unknown:
            raise ValueError(f'"{word}" is not what a value of {name} can mean; write one of: {profile_words()}')
        return self

    @model_validator(mode="after")
    def _headings_have_one_use(self) -> Profile:
        ignored = set(map(fold, self.ignore))
        if both := next((heading for heading in self.columns if fold(heading) in ignored), None):
            raise ValueError(f'"{both}" is both in ignore and in [columns]; take it out of one of them')
        twice = set(self.constants) & set(self.targets())
        if twice:
            raise ValueError(f'"{min(twice)}" is both mapped and constant; keep one of them')
        filled = {*self.targets(), *self.constants}
        if objection := objection_to_joins(self.joins, self.splits, filled=filled, ignored=self.ignore):
            raise ValueError(objection)
        return self

    @model_validator(mode="after")
    def _deposits_have_vouchers(self) -> Profile:
        if self.payments == "voucher" and (self.cases_from == "row" or self.vouchers == "none"):
            needed = 'cases_from = "debtor" or "reference" and vouchers = "each"'
            raise ValueError(f'payments = "voucher" needs {needed}: a deposit lowers the voucher of an invoice')
        return self

    def targets(self) -> list[str]:
        """Return the canonical names that ``columns`` maps to."""
        return [name for value in self.columns.values() for name in names_in(value)]

    def all_targets(self) -> list[str]:
        """Return the canonical names that ``columns``, ``joins`` and ``splits`` fill."""
        return [*self.targets(), *self.joins, *(name for value in self.splits.values() for name in targets_of(value))]

    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that the profile is for; empty if it is for any."""
        return (self.sheet,) if isinstance(self.sheet, str) else tuple(self.sheet or ())

    def named_sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets that the profile is for, and of that of the master data beside them."""
        of_master = () if self.master_data.file or not self.master_data.sheet else (self.master_data.sheet,)
        return (*self.sheets(), *of_master)

    def for_sheets(self, names: Sequence[str]) -> Profile:
        """Return the profile for sheets of these names; unchanged if it is for any."""
        return self.model_copy(update={"sheet": list(names)}) if self.sheets() else self

    def standing_answers(self) -> StandingAnswers:
        """Return the answers to questions that the profile gives for good."""
        answers = {QuestionKind(kind): StandingAnswer(answer) for kind, answer in self.questions.items()}
        return StandingAnswers(self.name, answers)

    def list_policy(self, *, is_current: bool, deposits_on: str | None = None) -> ListPolicy:
        """Return what is done with what a later list shows. ``is_current``: the user has said that this list counts.

        ``deposits_on`` is the day of a deposit, for a list that makes vouchers.
        """
        day = deposits_on if self.payments == "voucher" else None
        return ListPolicy(NewInvoices(self.new_invoices), self.complete_list, is_current=is_current, deposits_on=day)

    def party_kinds(self) -> dict[str, PartyKind]:
        """Return the kinds of debtors that the profile lists, by folded customer number, or by name and postal code."""
        return {fold(name): PartyKind(kind) for name, kind in self.parties.items()}

    def formats(self) -> Formats:
        """Return the formats of numbers and dates that the profile states."""
        return Formats(decimal=self.decimal, date_format=self.date_format)


NO_PROFILE = Profile()
NO_PROFILE_WANTED = "none"
"""The profile name that means that no profile is used."""


def names_in(value: str | list[str]) -> list[str]:
    """Return the canonical names that a heading is mapped to: one, or several."""
    return [value] if isinstance(value, str) else value
