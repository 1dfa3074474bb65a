"""`importer map`: propose a profile for a file, ask about what is unsure, and save it for files with the same headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from importer.commands.map_dates import advice_on_dates, with_date_format
from importer.commands.map_dialogue import ask, ask_all, is_yes, table
from importer.commands.map_encoding import in_encoding
from importer.commands.map_request import MapRequest
from importer.commands.map_rows import filter_lines, row_filter
from importer.commands.map_states import ask_states
from importer.domain.file_access import access_of
from importer.domain.paths import exists
from importer.errors import ExitCode, FileRefused, UsageError
from importer.loader.profile import NO_PROFILE, NO_PROFILE_WANTED, Profile
from importer.loader.profiles.column_names import is_column_name
from importer.loader.profiles.draft import ProfileDraft, finish, validated
from importer.loader.profiles.joins import joined_headings
from importer.loader.profiles.profile_writer import name_for, profile_text, write_profile
from importer.loader.profiles.proposal import EXACT
from importer.loader.profiles.questions import open_questions, refusal_of
from importer.loader.profiles.recognition import search_profiles
from importer.loader.profiles.row_preview import preview_rows
from importer.loader.profiles.rows_of_debtors import without_vouchers
from importer.loader.profiles.sampling import SheetSample
from importer.loader.profiles.trials import SheetTrials
from importer.loader.profiles.workbook import for_all_sheets, most_recognised, sheets_of
from importer.loader.sheets.cell_tests import could_be_value
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape
from importer.reporter.notes import sentence
from importer.settings import Settings
from importer.workspace.dialogue import Dialogue
from importer.workspace.environment import day_of


@dataclass(frozen=True)
class Mapped:
    """The result of the command: lines for the user, and the exit code."""

    lines: tuple[str, ...]
    exit_code: ExitCode = ExitCode.OK


def map_file(request: MapRequest, settings: Settings, dialogue: Dialogue | None, show: Callable[[str], None]) -> Mapped:
    """Propose a profile for a file, ask about what is unsure, and write it.

    ``dialogue`` is None without a terminal. Raises FileRefused if the file cannot be read, and UsageError if the profile
    must not be written, or needs answers that cannot be asked for.
    """
    access = access_of(settings.workspace.group)
    prompts = None if request.only_sure else dialogue
    read = partial(sheets_of, request.path, settings.known_voucher_types(), settings.defaults, master_data=request.master_data)
    basis = _basis(request)
    encoding, sheets = in_encoding(read, request.encoding, prompts)
    sheet = _chosen(request, sheets)
    basis = _with_filter(basis.model_copy(update={"encoding": encoding}), request, sheet, show)
    target = _target(request, sheet.sample, prompts)
    draft = _start(request, basis, sheet, target, is_one_of_several=len(sheets) > 1)
    if prompts and draft.shape is None:
        draft = ask(prompts, draft, open_questions(draft)[0])
    today = day_of(datetime.now(UTC), settings.zone())
    draft = with_date_format(draft, prompts, today)
    _show_notes(sheet.sample, show)
    if _needs_none(request, draft, target):
        advice = advice_on_dates(draft, request.path, today)
        return Mapped((f"{request.path.name} can be read without a profile.", *advice, _next(request.path)))
    _show_proposal(request, draft, show)
    _refuse_unanswered(request, draft.shape, prompts)
    _check_constants(draft)
    draft = ask_all(prompts, draft) if prompts else draft
    profile = _finished(request, draft, sheets, prompts)
    profile, lost = without_vouchers(sheet, profile, has_debbie=settings.debbie.tenant_id is not None)
    _show_rows(sheet, profile, settings, show)
    if prompts and not is_yes(prompts.ask(f"\nWrite {target.as_posix()}? [Y/n] "), preset=True):
        return Mapped(("Nothing was written.",), ExitCode.INTERRUPTED)
    refusal = sheet.refusal(profile)
    write_profile(target, profile_text(profile, draft.not_read(), draft.missing() if refusal else ()), access)
    return _result(request, target, profile, draft, refusal, lost)


def _basis(request: MapRequest) -> Profile:
    """Return the profile with what the command names. Raises UsageError for a value that is not allowed."""
    given = {"decimal": request.decimal, "date_format": request.date_format, "encoding": request.encoding}
    return validated(given if request.cases_from is None else given | {"cases_from": request.cases_from})


def _show_notes(sample: SheetSample, show: Callable[[str], None]) -> None:
    for note in sample.notes:
        show(sentence(note))


def _finished(request: MapRequest, draft: ProfileDraft, sheets: Sequence[SheetTrials], prompts: Dialogue | None) -> Profile:
    """Return the profile of a draft, with the meaning of values of states if a user can be asked."""
    profile = finish(draft)
    profile = ask_states(prompts, draft.sheet, profile) if prompts else profile
    return for_all_sheets(profile, sheets, is_chosen=request.sheet is not None)


def _with_filter(basis: Profile, request: MapRequest, sheet: SheetTrials, show: Callable[[str], None]) -> Profile:
    if not (request.only or request.skip):
        return basis
    return basis.model_copy(update={"rows": row_filter(sheet.sample, request.only, request.skip, show)})


def _chosen(request: MapRequest, sheets: Sequence[SheetTrials]) -> SheetTrials:
    """Return the requested sheet, else the one with the most recognised headings. Raises FileRefused if there is none."""
    if request.sheet is None:
        return most_recognised(sheets)
    for sheet in sheets:
        if sheet.sample.name == request.sheet:
            return sheet
    names = ", ".join(f'"{sheet.sample.name}"' for sheet in sheets)
    raise FileRefused(f'{request.path.name} has no sheet "{request.sheet}" with rows. Name one of its sheets: {names}.')


def _target(request: MapRequest, sample: SheetSample, prompts: Dialogue | None) -> Path:
    """Return the file to write. Raises UsageError if a profile exists there or matches these headings, and must stay."""
    headings = {sample.name: sample.header}
    known = [one.path for one in search_profiles(request.folders).profiles if one.matches(headings)]
    target = known[0] if known and request.profile is None else _path_of(request)
    if others := [path for path in known if path != target]:
        raise UsageError(
            f"The profile {others[0].as_posix()} matches these headings already, and a second one for them is not allowed. "
            f"Change that file, or create it again: `importer map` with --profile {others[0].stem} --replace."
        )
    if exists(target) and not request.replace:
        _refuse_to_replace(f"{target.as_posix()} already exists" + (" and matches these headings" if known else ""), prompts)
    return target


def _refuse_to_replace(problem: str, prompts: Dialogue | None) -> None:
    """Raise UsageError unless the user agrees to replace the existing profile."""
    if prompts is None:
        raise UsageError(f"{problem}; nothing was written. Add --replace to create it again, or --profile NAME for another one.")
    if not is_yes(prompts.ask(f"{problem}. Replace it? [y/N] "), preset=False):
        raise UsageError("Nothing was written. Give the profile another name with --profile NAME.")


def _path_of(request: MapRequest) -> Path:
    name = request.profile or name_for(request.path.name)
    if name == NO_PROFILE_WANTED:
        raise UsageError(f"A profile cannot be called {name}: that means no profile. Give another name with --profile NAME.")
    path = Path(name)
    if path.suffix == ".toml":
        return path
    return path.with_name(f"{path.name}.toml") if len(path.parts) > 1 else request.folders[0] / f"{name}.toml"


def _start(request: MapRequest, basis: Profile, sheet: SheetTrials, target: Path, *, is_one_of_several: bool) -> ProfileDraft:
    """Return the draft without any answers. The profile names its sheet if other sheets of the file hold rows too."""
    own_values = {
        "name": target.stem,
        "description": f"Sheets like {request.path.name}",
        "sheet": sheet.sample.name if is_one_of_several else None,
    }
    holds = Shape(request.holds) if request.holds else None
    return ProfileDraft(sheet, basis.model_copy(update=own_values), holds, request.constants)


def _show_proposal(request: MapRequest, draft: ProfileDraft, show: Callable[[str], None]) -> None:
    proposal = draft.proposal
    show(f'{request.path.name}, sheet "{draft.sheet.sample.name}": {len(proposal.guesses)} headings, read as {proposal.shape}')
    for line in table(proposal):
        show(line)


def _show_rows(sheet: SheetTrials, profile: Profile, settings: Settings, show: Callable[[str], None]) -> None:
    """Show what the sampled rows are with the profile, if the sheet can be read with it."""
    plan = sheet.plan(profile)
    today = day_of(datetime.now(UTC), settings.zone())
    found = preview_rows(sheet.sample, plan, profile, today) if plan is not None else None
    for line in found.lines() if found else ():
        show(line)


def _refuse_unanswered(request: MapRequest, shape: Shape | None, prompts: Dialogue | None) -> None:
    """Raise UsageError if a question is open and cannot be asked."""
    if prompts is None and not request.only_sure:
        raise UsageError(
            "Questions need a terminal; nothing was written. Add --yes to use what is sure (and --set COLUMN=VALUE "
            "for columns that no heading fills), or run the command in a terminal."
        )
    if shape is None:
        raise UsageError(
            f"The headings of {request.path.name} do not show what a row holds; nothing was written. "
            f"Add --holds cases, --holds vouchers or --holds flat (a case and its voucher)."
        )


def _needs_none(request: MapRequest, draft: ProfileDraft, target: Path) -> bool:
    """Return whether the file can be read without a profile, has none, and no option asks for what only a profile can hold."""
    if exists(target):  # the user agreed to replace it
        return False
    asks_what_makes_a_case = not request.only_sure and bool(draft.ways_to_cases())
    if not _is_exact(draft) or _is_asked_for(request, draft) or asks_what_makes_a_case:
        return False
    return draft.sheet.refusal(NO_PROFILE) is None


def _is_exact(draft: ProfileDraft) -> bool:
    """Return whether every heading with a meaning is exactly a name of a column, or a part of a join or split that is sure."""
    joined = joined_headings(draft.joined)
    guesses = (guess for guess in draft.proposal.guesses if guess.heading.text not in joined or guess.sure)
    meaningful = (guess for guess in guesses if guess.candidates or guess.repeated)
    are_names = all(guess.sure and guess.candidates[0].score == EXACT for guess in meaningful)
    return are_names and all(offer.is_sure for offer in draft.offers)


def _is_asked_for(request: MapRequest, draft: ProfileDraft) -> bool:
    """Return whether an option asks for a profile, or for another reading of the file than the one without a profile."""
    formats = (draft.basis.decimal, draft.basis.date_format, draft.basis.encoding)
    chosen_sheet = request.sheet and draft.basis.sheet  # the profile names it only if the file has other sheets with rows
    other_shape = draft.holds is not None and draft.sheet.contradicts(NO_PROFILE, draft.holds)
    return any(
        (request.cases_from, request.profile, request.constants, request.only, request.skip, *formats, chosen_sheet, other_shape)
    )


def _check_constants(draft: ProfileDraft) -> None:
    """Raise UsageError if ``--set`` names an unknown column of such a sheet, or a value that the column cannot have."""
    shape = draft.proposal.shape
    for name, value in draft.given_constants.items():
        if not is_column_name(name, shape):
            raise UsageError(f'--set: "{name}" is not a column of a sheet that holds {shape}; docs/columns.md lists them.')
        column = column_in(shape, name)
        if not could_be_value(column, value, draft.sheet.types):
            raise UsageError(f"--set: {refusal_of(column, value)}")


def _result(request: MapRequest, target: Path, profile: Profile, draft: ProfileDraft, refusal: str | None, lost: str) -> Mapped:
    used, known = len(profile.headings) - len(draft.unused()), len(profile.headings)
    lines = [f"Written: {target.as_posix()} ({used} of {known} headings are used).", *_lines_on_headings(draft)]
    lines += [*filter_lines(profile.rows), *filter(None, [lost])]
    if profile.sheet:
        lines.append(f'Only the sheet "{draft.sheet.sample.name}" is read with it; --sheet NAME makes a profile for another one.')
    if draft.lacks_contact and "debtor_name" in draft.taken():
        lines.append("The name of a company is also used for its contact person, since no heading names one.")
    if refusal:
        lines.append(f"It is not complete; until it is, such a file is refused. Complete {target.as_posix()}: {refusal}")
        return Mapped((*lines, _next(request.path)), ExitCode.USAGE)
    if target.parent not in request.folders:
        usual = request.folders[0].as_posix()
        lines.append(f"Profiles are found automatically only in {usual}/; name this one: --profile {target.as_posix()}")
    return Mapped((*lines, _next(request.path)))


def _lines_on_headings(draft: ProfileDraft) -> list[str]:
    """Return the lines that say which headings are joined or split, which show the state of a claim, and which are not used."""
    lines = [f"{offer.text()}." for offer in draft.joined]
    if states := draft.states():
        listed = ", ".join(f'"{heading}" ({column})' for heading, column in states.items())
        lines.append(f"These show whether a row is a claim, and whose: {listed}.")
    if unused := draft.not_read():
        lines.append("Not used: " + ", ".join(f'"{heading}"' for heading in unused) + ".")
    return lines


def _next(path: Path) -> str:
    plain = re.fullmatch(r"[\w./:\\-]+", str(path))
    return f"Next: importer check {path}" if plain else f'Next: importer check "{path}"'
