"""The questions of `importer map` about a dropped file, answered on a page, and the profile that follows from the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from importer.commands.map_dialogue import free_columns
from importer.commands.map_rows import filter_lines, row_filter
from importer.domain.paths import exists
from importer.domain.row_states import Meaning, Sort, sort_of
from importer.errors import UsageError
from importer.loader.profile import NO_PROFILE_WANTED, Profile, RowFilter
from importer.loader.profiles.draft import ProfileDraft, finish, validated
from importer.loader.profiles.joins import joined_headings
from importer.loader.profiles.profile_writer import name_for, profile_text, write_profile
from importer.loader.profiles.proposal import Guess
from importer.loader.profiles.questions import open_questions, questions
from importer.loader.profiles.recognition import search_profiles
from importer.loader.profiles.row_preview import RowPreview, preview_rows
from importer.loader.profiles.rows_of_debtors import without_vouchers
from importer.loader.profiles.sampling import SheetSample
from importer.loader.profiles.trials import SheetTrials
from importer.loader.profiles.workbook import for_all_sheets, most_recognised, sheets_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.mapping_form import (
    Answers,
    Asked,
    AskedDates,
    AskedState,
    answered,
    asked,
    asked_dates,
    asked_states,
    not_shown,
    with_order,
    with_states,
)
from importer.workspace.environment import day_of
from importer.workspace.master_files import master_data_beside

LONGEST_NAME = 60
MEANINGS: Mapping[Sort, tuple[Meaning, ...]] = {sort: tuple(one for one in Meaning if sort_of(one) is sort) for sort in Sort}
"""What a value of a state can mean, by what becomes of its rows."""


@dataclass(frozen=True)
class HeadingRead:
    """A heading with the column that it fills as far as is known now, how certain that is, and values below it."""

    heading: str
    column: str
    certainty: int | None
    samples: tuple[str, ...]


@dataclass(frozen=True)
class MapView:
    """The state of a dialogue: the sheet, its questions, and once all are answered how the sheet and its first rows are read.

    ``left`` are answers to questions that are not shown now: the options, and the texts. ``rows_refused`` is why rows cannot be
    kept or dropped as the form says.
    """

    sheets: tuple[str, ...]
    sheet: int
    asked: tuple[Asked, ...]
    dates: AskedDates | None
    left: tuple[Mapping[str, str], Mapping[str, str]]
    headings: tuple[HeadingRead, ...]
    columns: Mapping[str, str]
    rows_refused: str
    is_complete: bool
    result: MapResult | None
    name: str
    known: str


@dataclass(frozen=True)
class MapResult:
    """How a sheet is read when all is answered. ``refusal`` is why an import would not read it so."""

    constants: Mapping[str, str]
    joins: tuple[str, ...]
    rows: tuple[str, ...]
    unused: tuple[str, ...]
    lacks_contact: bool
    states: tuple[AskedState, ...]
    preview: RowPreview | None
    refusal: str


@dataclass(frozen=True)
class _Dialogue:
    """The sheets of a file, the one that is asked about, the draft with all answers that are possible, and the refused ones."""

    sheets: Sequence[SheetTrials]
    sheet: SheetTrials
    draft: ProfileDraft
    dates: AskedDates | None
    refused: Mapping[str, str]
    rows_refused: str
    today: date
    is_chosen: bool
    has_debbie: bool

    @property
    def is_complete(self) -> bool:
        """Return whether everything is answered that must be."""
        is_dated = self.dates is None or not self.dates.is_open
        return is_dated and not self.refused and not self.rows_refused and not open_questions(self.draft)

    def profile(self, given: Answers) -> tuple[Profile, list[AskedState]]:
        """Return the profile that follows from the answers, and the values of states that it is asked about."""
        profile, _ = without_vouchers(self.sheet, finish(self.draft), has_debbie=self.has_debbie)
        states = asked_states(self.sheet, profile, given)
        return for_all_sheets(with_states(profile, states), self.sheets, is_chosen=self.is_chosen), states


def map_view(environments: PageEnvironments, path: Path, given: Answers) -> MapView:
    """Return the dialogue about a file with these answers. Raises FileRefused or UsageError.

    Raises EncodingUnclear if the letters of a text leave its encoding open, and the answers do not name it.
    """
    found = _dialogue(environments, path, given)
    draft = found.draft
    shown = tuple(asked(one, given, found.refused.get(one.id, "")) for one in questions(draft))
    is_complete = found.is_complete and given.is_sent
    result = _result(found, given) if is_complete else None
    known = _known_profile(environments, found.sheet)
    return MapView(
        sheets=tuple(one.sample.name for one in found.sheets),
        sheet=found.sheets.index(found.sheet),
        asked=shown,
        dates=found.dates,
        left=not_shown(given, _keys(shown, found.dates, result)),
        headings=tuple(_heading_read(draft, guess) for guess in draft.proposal.guesses if guess.heading.text),
        columns=free_columns(draft),
        rows_refused=found.rows_refused,
        is_complete=is_complete,
        result=result,
        name=known.stem if known else name_for(path.name),
        known=known.stem if known else "",
    )


def save_profile(environments: PageEnvironments, path: Path, given: Answers, name: str, *, replace: bool) -> str:
    """Write the profile that follows from the answers, and return its name. Raises UsageError if that is not possible."""
    found = _dialogue(environments, path, given)
    if not found.is_complete:
        raise UsageError("A question is not answered yet. Nothing was written.")
    target = _target(environments, found.sheet, name, replace=replace)
    profile = found.profile(given)[0].model_copy(update={"name": target.stem})
    if refusal := found.sheet.refusal(profile):
        raise UsageError(f"With these answers the sheet cannot be read: {refusal} Nothing was written.")
    environments.access.folders_to(target.parent)
    write_profile(target, profile_text(profile, found.draft.not_read()), environments.access)
    return target.stem


def _dialogue(environments: PageEnvironments, path: Path, given: Answers) -> _Dialogue:
    settings = environments.settings
    master_data = master_data_beside(path)
    types, encoding = settings.known_voucher_types(), given.encoding or None
    sheets = sheets_of(path, types, settings.defaults, encoding, master_data=master_data)
    sheet = _chosen_sheet(path, sheets, given.sheet)
    today = day_of(datetime.now(UTC), settings.zone())
    rows, rows_refused = _filter(sheet.sample, given.rows)
    basis = {"name": name_for(path.name), "description": f"Sheets like {path.name}", "encoding": given.encoding or None}
    start = validated({**basis, **({"sheet": sheet.sample.name} if len(sheets) > 1 else {})})
    draft, refused = answered(ProfileDraft(sheet, start.model_copy(update={"rows": rows}) if rows else start), given)
    dates = asked_dates(draft, given, today)
    draft, is_chosen, has_debbie = with_order(draft, dates), bool(given.sheet), settings.debbie.tenant_id is not None
    return _Dialogue(sheets, sheet, draft, dates, refused, rows_refused, today, is_chosen, has_debbie)


def _filter(sample: SheetSample, fields: Mapping[str, str]) -> tuple[RowFilter | None, str]:
    """Return the filter of rows that the form asks for, and why it is not possible."""
    only, skip = (
        [f"{fields[f'{what}_heading']}={fields.get(f'{what}_value', '')}"] if fields.get(f"{what}_heading") else []
        for what in ("only", "skip")
    )
    if not (only or skip):
        return None, ""
    shown: list[str] = []
    try:
        return row_filter(sample, only, skip, shown.append), ""
    except UsageError as error:
        return None, " ".join([str(error), *shown])


def _chosen_sheet(path: Path, sheets: Sequence[SheetTrials], name: str) -> SheetTrials:
    if not name:
        return most_recognised(sheets)
    if name.isascii() and name.isdecimal() and int(name[:6]) < len(sheets):
        return sheets[int(name[:6])]
    raise UsageError(f"{path.name} has no such sheet. Choose another one.")


def _result(found: _Dialogue, given: Answers) -> MapResult:
    draft, (profile, states) = found.draft, found.profile(given)
    plan = found.sheet.plan(profile)
    return MapResult(
        constants=draft.constants,
        joins=tuple(f"{offer.text()}." for offer in draft.joined),
        rows=tuple(filter_lines(profile.rows)),
        unused=tuple(draft.not_read()),
        lacks_contact=draft.lacks_contact,
        states=tuple(states),
        preview=preview_rows(found.sheet.sample, plan, profile, found.today) if plan is not None else None,
        refusal=found.sheet.refusal(profile) or "",
    )


def _keys(shown: Sequence[Asked], dates: AskedDates | None, result: MapResult | None) -> set[str]:
    """Return the keys of all questions that the page shows."""
    keys = {one.key for one in shown} | ({dates.key} if dates else set())
    return keys | ({one.key for one in result.states} if result else set())


def _heading_read(draft: ProfileDraft, guess: Guess) -> HeadingRead:
    heading = guess.heading
    joined = next((one for one in draft.joined if heading.text in joined_headings([one])), None)
    column = " ".join(joined.composition.fills) if joined else draft.columns.get(heading.text) or guess.state or ""
    certainty = next((one.score for one in guess.candidates if one.name == column), None)
    return HeadingRead(heading.text, column, certainty, tuple(heading.samples()))


def _known_profile(environments: PageEnvironments, sheet: SheetTrials) -> Path | None:
    """Return the profile that matches the headings already."""
    headings = {sheet.sample.name: sheet.sample.header}
    found = search_profiles(environments.workspace.profile_folders).profiles
    return next((one.path for one in found if one.matches(headings)), None)


def _target(environments: PageEnvironments, sheet: SheetTrials, name: str, *, replace: bool) -> Path:
    known = _known_profile(environments, sheet)
    if known is not None:
        if not replace:
            raise UsageError(
                f"The profile {known.stem} matches these headings already. Agree to replace it, or change that file."
            )
        return known
    plain = name_for(f"{name.strip()[:LONGEST_NAME]}.xlsx")
    if not plain or plain == NO_PROFILE_WANTED:
        raise UsageError("Give the profile a name of letters and digits. Nothing was written.")
    target = environments.workspace.profile_folders[0] / f"{plain}.toml"
    if exists(target):
        raise UsageError(f"There is a profile {plain} for other headings. Give this one another name; nothing was written.")
    return target
