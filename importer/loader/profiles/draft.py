"""The draft of a profile: the certain meanings of headings, the values of flags and settings, and the answers so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import ValidationError

from importer.domain.code_lists import DebtorType, find_debtor_type, is_by_name
from importer.domain.reasons import explain
from importer.errors import UsageError
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.joins import JOIN, JoinOffer, joined_columns, joined_headings, offers_of, profile_keys
from importer.loader.profiles.proposal import Heading, SheetProposal, filled_by_itself, shape_by
from importer.loader.profiles.rows_of_debtors import BY_ROW, ways_to_cases
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.amount_names import AMOUNT, is_open_name
from importer.loader.sheets.missing_columns import missing_in
from importer.loader.sheets.shape import Shape, unit_of

CONTACT = "debtor_contact_person"  # required only for a company
_AMOUNTS = ("amount_to_recover", "voucher_amount")  # a currency in their heading is that of all rows


@dataclass(frozen=True, slots=True)
class FromHeading:
    """The answer that the cells below a heading fill a column."""

    heading: str


AnswerValue: TypeAlias = str | FromHeading


@dataclass(frozen=True)
class ProfileDraft:
    """A sheet with the answers about it. A draft is immutable: each answer makes another one.

    ``basis`` holds the keys of the profile that do not depend on answers. ``holds`` and ``given_constants`` come from flags.
    ``heading_answers`` maps a heading to the column that it fills, or to "" if it is left out; ``column_answers`` maps a
    column to the heading or the value for all rows that fills it, or to "" if it is left open. ``join_answers`` maps the id of a
    join or split that was offered to JOIN, or to "" if it was declined. ``cases_answer`` is what makes a case: a row, all
    rows of a debtor, or all rows with one reference.
    """

    sheet: SheetTrials = field(repr=False)
    basis: Profile = NO_PROFILE
    holds: Shape | None = None
    given_constants: Mapping[str, str] = field(default_factory=dict)
    answered_shape: Shape | None = None
    heading_answers: Mapping[str, str] = field(default_factory=dict)
    column_answers: Mapping[str, AnswerValue] = field(default_factory=dict)
    join_answers: Mapping[str, str] = field(default_factory=dict)
    cases_answer: str | None = None

    @cached_property
    def known_shape(self) -> Shape | None:
        """Return what a row holds according to the flag or the headings, or None if they leave it open."""
        return self.holds or shape_by(self.sheet.proposal(Shape.CASES), self.sheet.proposal(Shape.VOUCHERS), self.given_constants)

    @property
    def shape(self) -> Shape | None:
        """The shape of the sheet: known, or answered by the user; None if it is open."""
        return self.known_shape or self.answered_shape

    @property
    def proposal(self) -> SheetProposal:
        """Return the guesses for the sheet's shape, or for cases as long as the shape is unknown."""
        return self.sheet.proposal(self.shape or Shape.CASES)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Map headings to columns: the certain guesses and the answers."""
        joined, made = joined_headings(self.joined), joined_columns(self.joined)
        sure = {
            heading: name
            for heading, name in self.proposal.sure().items()
            if name not in self.given_constants
            and name not in made
            and heading not in joined
            and name not in self.heading_answers.values()
        }
        chosen = {heading: name for heading, name in self.heading_answers.items() if name}
        return sure | chosen | {fill.heading: name for name, fill in self.column_answers.items() if isinstance(fill, FromHeading)}

    @cached_property
    def offers(self) -> list[JoinOffer]:
        """Return the joins and splits that the headings suggest."""
        return offers_of(self.sheet, self.proposal.shape, self.proposal.sure(), self.given_constants)

    @cached_property
    def joined(self) -> list[JoinOffer]:
        """Return the joins and splits that are accepted: those that are sure and not declined, and those answered so."""
        return [one for one in self.offers if self.join_answers.get(one.id, JOIN if one.is_sure else "") == JOIN]

    @cached_property
    def constants(self) -> dict[str, str]:
        """Map columns to their value for all rows."""
        answered = {name: fill for name, fill in self.column_answers.items() if fill and isinstance(fill, str)}
        return {**self.given_constants, **answered}

    def taken(self) -> set[str]:
        """Return the columns that a heading or a constant fills."""
        return {*self.columns.values(), *self.constants, *joined_columns(self.joined)}

    def missing(self) -> list[str]:
        """Return the required columns that neither the draft nor a default value of the settings fills."""
        filled = self.taken() | set(self.sheet.defaults)
        units = (unit_of(heading) for heading, name in self.columns.items() if name in _AMOUNTS)
        in_heading = {"currency"} if any(unit and unit[1] for unit in units) else set()
        return missing_in(self.proposal.shape, filled | in_heading)

    @cached_property
    def lacks_contact(self) -> bool:
        """Return whether some debtors may be companies and no contact person is given, so that only their own name is left."""
        if self.shape is Shape.VOUCHERS:  # its rows have no debtor
            return False
        kind = self.constants.get("debtor_type") or self.sheet.defaults.get("debtor_type", "")
        may_be_companies = find_debtor_type(kind) is DebtorType.COMPANY or is_by_name(kind)
        return may_be_companies and CONTACT not in self.taken() | set(self.sheet.defaults)

    def headings(self) -> list[str]:
        """Return the sheet's headings, each once, without blank ones and those that the reports add."""
        return [heading for heading in dict.fromkeys(self.sheet.sample.header) if heading and not heading.startswith("#")]

    def unused(self) -> list[str]:
        """Return the headings that fill no column, nor a part of one."""
        used = self.columns.keys() | joined_headings(self.joined)
        return [heading for heading in self.headings() if heading not in used]

    def states(self) -> dict[str, str]:
        """Map the unused headings that show whether a row is a claim to the columns of states that they are read as."""
        unused = set(self.unused())
        named = {guess.heading.text: guess.state for guess in self.proposal.guesses if guess.state}
        return {heading: state for heading, state in named.items() if heading in unused}

    def not_read(self) -> list[str]:
        """Return the headings of which nothing is read."""
        states = self.states()
        return [heading for heading in self.unused() if heading not in states]

    def free(self) -> list[Heading]:
        """Return the unused headings that could be mapped. A heading that appears twice cannot."""
        unused = set(self.unused())
        return [guess.heading for guess in self.proposal.guesses if guess.heading.text in unused and not guess.repeated]

    def ways_to_cases(self) -> tuple[str, ...]:
        """Return what may make a case; empty if that is given, or if each debtor has one row only."""
        if "cases_from" in self.basis.model_fields_set or self.shape is not Shape.CASES:
            return ()
        return ways_to_cases(self.sheet, replace(self, cases_answer=None).profile())

    def without_heading_answer(self, heading: str) -> ProfileDraft:
        """Return the draft without the answer about this heading and those about columns, which depend on it."""
        heading_answers = {known: name for known, name in self.heading_answers.items() if known != heading}
        return replace(self, heading_answers=heading_answers, column_answers={})

    def without_column_answer(self, name: str) -> ProfileDraft:
        """Return the draft without the answer about this column and that about contact persons, which depends on it."""
        column_answers = {known: fill for known, fill in self.column_answers.items() if known not in {name, CONTACT}}
        return replace(self, column_answers=column_answers)

    def profile(self, holds: Shape | None = None, left_out: Collection[str] = ()) -> Profile:
        """Return the profile that follows from the answers so far. Raises UsageError if it is not valid.

        ``left_out`` are headings to ignore in addition to those that the answers leave out.
        """
        twice = {h: [name, CONTACT] for h, name in self.columns.items() if self.lacks_contact and name == "debtor_name"}
        ignored = [h for h in self.unused() if h in left_out or (self._is_ignored(h) and not self._may_be_open(h))]
        return validated(
            {
                **self.basis.model_dump(exclude_unset=True),
                "headings": self.headings(),
                "holds": holds,
                "columns": self.columns | twice,
                **profile_keys(self.joined, also_contact=CONTACT if self.lacks_contact else ""),
                "constants": self.constants,
                **({} if self.cases_answer in (None, BY_ROW) else {"cases_from": self.cases_answer}),
                "ignore": ignored,
            }
        )

    def _is_ignored(self, heading: str) -> bool:
        return self.heading_answers.get(heading) == "" or self._fills_by_itself(heading)

    def _may_be_open(self, heading: str) -> bool:
        """Return whether a heading may be what is open beside the amount that was chosen: it must not be passed over."""
        return AMOUNT in self.columns.values() and is_open_name(heading)

    def _fills_by_itself(self, heading: str) -> bool:
        return filled_by_itself(heading, self.proposal.shape) is not None


def finish(draft: ProfileDraft) -> Profile:
    """Return the profile of a draft. Headings with an open question are left out, columns with one stay open.

    Raises UsageError if the shape is unknown or the profile is not valid. Use
    ``draft.sheet.refusal`` to check that the profile is complete.
    """
    if draft.shape is None:
        raise UsageError(f'The headings of sheet "{draft.sheet.sample.name}" leave open what a row holds. Answer that first.')
    profile = draft.profile()
    # Written only if the headings do not show it: other sheets of a workbook may hold something else.
    holds = draft.shape if draft.holds or draft.sheet.contradicts(profile, draft.shape) else None
    # Headings that would be read although the proposal does not use them must be named.
    besides = draft.sheet.read_with(draft.profile(holds)) - draft.columns.keys()
    return draft.profile(holds, left_out=besides)


def validated(data: Mapping[str, Any]) -> Profile:
    """Return a profile with these keys. Raises UsageError that names the wrong key."""
    try:
        return Profile(**data)
    except ValidationError as error:
        raise UsageError(f"This is not a valid profile: {explain(error)} Nothing was written.") from None
