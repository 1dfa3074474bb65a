"""`importer map`: from a file to a proposal, from answers to a profile that is found again by the file's headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from importer.commands.map_dialogue import Dialogue, ask_heading, ask_missing, ask_shape, is_yes, refusal_of, table
from importer.domain.code_lists import DebtorType, VoucherTypes, find_debtor_type, is_by_name
from importer.domain.reasons import explain
from importer.errors import ExitCode, FileRefused, UsageError
from importer.loader.profile import NO_PROFILE, NO_PROFILE_WANTED, Profile
from importer.loader.profiles.profile_file import PROFILE_FOLDERS
from importer.loader.profiles.profile_writer import name_for, profile_text, write_profile
from importer.loader.profiles.proposal import EXACT, Proposal, column_called, filled_by_itself, propose, shape_by
from importer.loader.profiles.recognition import search_shelf
from importer.loader.profiles.sampling import SheetSample, sample_file
from importer.loader.sheets.cell_tests import agreement, could_be_value
from importer.loader.sheets.missing_columns import missing_in
from importer.loader.sheets.plan import SheetPlan, column_in, plan_sheet
from importer.loader.sheets.shape import Shape
from importer.settings import Settings

MOST_LISTED = 15
CONTACT = "debtor_contact_person"  # required only for a company


@dataclass(frozen=True)
class MapRequest:
    """What the user asked for. ``only_sure``: take what is sure and ask nothing."""

    path: Path
    profile: str | None = None
    sheet: str | None = None
    holds: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    date_format: str | None = None
    only_sure: bool = False
    replace: bool = False


@dataclass(frozen=True)
class Mapped:
    """What came of it: lines for the user, and the exit code that they deserve."""

    lines: tuple[str, ...]
    exit_code: ExitCode = ExitCode.OK


@dataclass
class _Draft:
    """A profile in the making: which heading fills which columns, and what else the answers say."""

    sample: SheetSample
    shape: Shape
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    contact_by_name: bool = False

    def mapped(self) -> dict[str, str | list[str]]:
        """The columns as the profile has them: the debtor's name also as the contact person, if somebody chose that."""
        twice = {h: [name, CONTACT] for h, name in self.columns.items() if self.contact_by_name and name == "debtor_name"}
        return self.columns | twice

    def taken(self) -> set[str]:
        return {*self.columns.values(), *self.constants}

    def unused(self) -> list[str]:
        return [h for h in dict.fromkeys(self.sample.header) if h and not h.startswith("#") and h not in self.columns]

    def ignored(self) -> list[str]:
        """What must be named for it not to be read: headings left out, and those that mean a column by themselves."""
        return [h for h in self.unused() if h in self.left_out or filled_by_itself(h, self.shape)]

    def missing(self, defaults: Mapping[str, str]) -> list[str]:
        return missing_in(self.shape, self.taken() | set(defaults))


def values_set(pairs: Sequence[str]) -> dict[str, str]:
    """What ``--set COLUMN=VALUE`` says. Raises UsageError for anything else."""
    parted = [pair.partition("=") for pair in pairs]
    for name, equals, value in parted:
        if not (name.strip() and equals and value.strip()):
            raise UsageError(f"--set {name}{equals}{value}: write it as COLUMN=VALUE, such as --set currency=DKK.")
    return {name.strip(): value.strip() for name, _, value in parted}


def map_file(request: MapRequest, settings: Settings, dialogue: Dialogue | None, show: Callable[[str], None]) -> Mapped:
    """Propose a profile for a file, ask about what is unsure, and write it.

    ``dialogue`` is None without a terminal. Raises FileRefused if the file cannot be read, and UsageError if nothing may
    be written, or not without answers.
    """
    _validated({"decimal": request.decimal, "date_format": request.date_format})
    types = settings.known_voucher_types()
    samples = sample_file(request.path)
    sample = _chosen(request, samples, types)
    target = _target(request, sample, dialogue)
    asked = None if request.only_sure else dialogue
    shape = _shape(request, sample, types, asked)
    proposal = _propose(sample, shape or Shape.CASES, types)
    if not request.profile and not request.constants and _fits_as_it_is(sample, proposal, settings):
        return Mapped((f"{request.path.name} can be read as it is and needs no profile.", _next(request.path)))
    show(f'{request.path.name}, sheet "{sample.name}": {len(proposal.guesses)} headings, read as {proposal.shape}')
    for line in table(proposal):
        show(line)
    _refuse_unanswered(request, shape, asked)
    draft = _answered(proposal, sample, request, settings, asked)
    profile = _profile_of(draft, request, target, several=len(samples) > 1, settings=settings)
    if asked and not is_yes(asked.ask(f"\nWrite {target.as_posix()}? [Y/n] "), preset=True):
        return Mapped(("Nothing was written.",), ExitCode.INTERRUPTED)
    refusal = _refusal(sample, profile, settings)
    write_profile(target, profile_text(profile, draft.unused(), draft.missing(settings.defaults) if refusal else ()))
    return _told(request, target, profile, draft, refusal)


def _chosen(request: MapRequest, samples: Sequence[SheetSample], types: VoucherTypes) -> SheetSample:
    """The sheet that is named, or else the one with the most headings that mean something."""
    if not samples:
        raise FileRefused(f"{request.path.name} holds no rows below a header. Check that it is the right file.")
    if request.sheet is None:
        return max(samples, key=lambda sample: len(_propose(sample, Shape.FLAT, types).sure()))
    for sample in samples:
        if sample.name == request.sheet:
            return sample
    there = ", ".join(f'"{sample.name}"' for sample in samples)
    raise FileRefused(f'{request.path.name} has no sheet "{request.sheet}" with rows. Name one that is there: {there}.')


def _target(request: MapRequest, sample: SheetSample, dialogue: Dialogue | None) -> Path:
    """The file to write. Raises UsageError if a profile stands there, or knows these headings, and is to stay."""
    headings = {sample.name: sample.header}
    known = [one.path for one in search_shelf(PROFILE_FOLDERS).profiles if one.knows(headings)]
    target = known[0] if known and request.profile is None else _path_of(request.profile or name_for(request.path.name))
    others = [path for path in known if path != target]
    if others:
        raise UsageError(
            f"The profile {others[0].as_posix()} knows these headings already, and two of them would be one too many. "
            f"Change that file, or make it anew: `importer map` with --profile {others[0].stem} --replace."
        )
    if request.replace or not target.exists():
        return target
    told = f"{target.as_posix()} is there already" + (" and knows these headings" if known else "")
    if dialogue and not request.only_sure:
        if is_yes(dialogue.ask(f"{told}. Replace it? [y/N] "), preset=False):
            return target
        raise UsageError("Nothing was written. Give the profile another name with --profile NAME.")
    raise UsageError(f"{told}; nothing was written. Add --replace to make it anew, or --profile NAME for another one.")


def _path_of(name: str) -> Path:
    if name == NO_PROFILE_WANTED:
        raise UsageError(f"A profile cannot be called {name}: that stands for none. Give another name with --profile NAME.")
    path = Path(name)
    if path.suffix == ".toml":
        return path
    return path.with_name(f"{path.name}.toml") if len(path.parts) > 1 else PROFILE_FOLDERS[0] / f"{name}.toml"


def _shape(request: MapRequest, sample: SheetSample, types: VoucherTypes, asked: Dialogue | None) -> Shape | None:
    """What the sheet holds: as it is said, as the headings tell, or as somebody answers; None if there is nobody to ask."""
    if request.holds:
        return Shape(request.holds)
    cases, vouchers = (_propose(sample, shape, types) for shape in (Shape.CASES, Shape.VOUCHERS))
    told = shape_by(cases, vouchers, request.constants)
    return ask_shape(asked, sample.headings) if asked and told is None else told


def _refuse_unanswered(request: MapRequest, shape: Shape | None, asked: Dialogue | None) -> None:
    """Raise UsageError if there is a question and nobody to answer it."""
    if asked is None and not request.only_sure:
        raise UsageError(
            "There is no terminal to ask on, and nothing was written. Add --yes to take what is sure (and --set COLUMN=VALUE "
            "for what no heading fills), or run it in a terminal."
        )
    if shape is None:
        raise UsageError(
            f"The headings of {request.path.name} do not tell what a row holds; nothing was written. "
            f"Say it: --holds cases, --holds vouchers or --holds flat (a case and its voucher)."
        )


def _propose(sample: SheetSample, shape: Shape, types: VoucherTypes) -> Proposal:
    return propose(sample.headings, shape, types, sample.by_themselves(shape))


def _fits_as_it_is(sample: SheetSample, proposal: Proposal, settings: Settings) -> bool:
    every_one_exact = all(
        guess.sure and guess.candidates[0].score == EXACT for guess in proposal.guesses if guess.candidates or guess.repeated
    )
    return every_one_exact and _refusal(sample, NO_PROFILE, settings) is None


def _plan(sample: SheetSample, profile: Profile, settings: Settings) -> SheetPlan | None:
    return plan_sheet(sample.name, sample.header_row, sample.header, profile, settings.defaults, sample.around)


def _refusal(sample: SheetSample, profile: Profile, settings: Settings) -> str | None:
    """Why the sheet could not be read with this profile; None if it could."""
    try:
        planned = _plan(sample, profile, settings)
    except FileRefused as error:
        return str(error)
    return None if planned else f'Sheet "{sample.name}" does not tell whether it holds cases or vouchers. Set holds.'


def _answered(proposal: Proposal, sample: SheetSample, request: MapRequest, settings: Settings, asked: Dialogue | None) -> _Draft:
    """The sure guesses, and what the answers add to them."""
    types = settings.known_voucher_types()
    draft = _Draft(sample, proposal.shape, proposal.sure(), _constants(request, proposal.shape, types))
    draft.columns = {heading: name for heading, name in draft.columns.items() if name not in draft.constants}
    if asked is None:
        draft.contact_by_name = _lacks_contact(draft, settings)
        return draft
    for guess in proposal.unsure():
        name = ask_heading(asked, guess, proposal.shape, draft.taken())
        if name:
            draft.columns[guess.heading.text] = name
        else:
            draft.left_out.add(guess.heading.text)
    for name in draft.missing(settings.defaults) if _refusal(sample, _named(draft, {}), settings) else ():
        _fill(draft, name, proposal, asked, types)
    if _lacks_contact(draft, settings):
        asked.say("\nA company needs a contact person; Enter here takes the company's own name for it.")
        _fill(draft, CONTACT, proposal, asked, types)
        draft.contact_by_name = CONTACT not in draft.taken()
    return draft


def _lacks_contact(draft: _Draft, settings: Settings) -> bool:
    if draft.shape is Shape.VOUCHERS:  # its rows have no debtor
        return False
    said = draft.constants.get("debtor_type") or settings.defaults.get("debtor_type", "")
    companies = find_debtor_type(said) is DebtorType.COMPANY or is_by_name(said)
    return companies and CONTACT not in draft.taken() | set(settings.defaults)


def _fill(draft: _Draft, name: str, proposal: Proposal, asked: Dialogue, types: VoucherTypes) -> None:
    free = [guess.heading for guess in proposal.guesses if guess.heading.text in draft.unused() and not guess.repeated]
    column = column_in(draft.shape, name)
    free.sort(key=lambda heading: -(agreement(column, heading.cells, types) or 0))  # the likeliest first
    answer = ask_missing(asked, name, draft.shape, free[:MOST_LISTED], types)
    if isinstance(answer, str):
        draft.constants[name] = answer
    elif answer is not None:
        draft.columns[answer.text] = name
        draft.left_out.discard(answer.text)


def _constants(request: MapRequest, shape: Shape, types: VoucherTypes) -> dict[str, str]:
    for name, value in request.constants.items():
        if column_called(name, shape) != name:
            raise UsageError(f'--set: "{name}" is not a column of a sheet that holds {shape}; the README lists them.')
        column = column_in(shape, name)
        if not could_be_value(column, value, types):
            raise UsageError(f"--set: {refusal_of(column, value)}")
    return dict(request.constants)


def _named(draft: _Draft, more: Mapping[str, Any]) -> Profile:
    return _validated({"columns": draft.mapped(), "constants": draft.constants, "ignore": draft.ignored(), **more})


def _validated(data: Mapping[str, Any]) -> Profile:
    try:
        return Profile(**data)
    except ValidationError as error:
        raise UsageError(f"This makes no profile: {explain(error)} Nothing was written.") from None


def _profile_of(draft: _Draft, request: MapRequest, target: Path, *, several: bool, settings: Settings) -> Profile:
    """The profile as it will be written; ``several`` sheets of the file hold rows, so that it names its own."""
    more: dict[str, Any] = {
        "name": target.stem,
        "description": f"Sheets like {request.path.name}",
        "headings": [heading for heading in dict.fromkeys(draft.sample.header) if heading and not heading.startswith("#")],
        "sheet": draft.sample.name if several else None,
        "decimal": request.decimal,
        "date_format": request.date_format,
    }
    if request.holds or not _tells_shape(_named(draft, more), draft, settings):
        # Said only where the headings do not tell it: other sheets of a workbook may hold something else.
        more["holds"] = draft.shape.value
    draft.left_out |= _read_besides(_named(draft, more), draft, settings)
    return _named(draft, more)


def _tells_shape(profile: Profile, draft: _Draft, settings: Settings) -> bool:
    try:
        plan = _plan(draft.sample, profile, settings)
    except FileRefused:  # something is missing still, which is told later
        return True
    return plan is not None and plan.shape is draft.shape


def _read_besides(profile: Profile, draft: _Draft, settings: Settings) -> set[str]:
    """Headings that the sheet would be read with although the proposal says that they are not used."""
    try:
        plan = _plan(draft.sample, profile, settings)
    except FileRefused:
        return set()
    read = {heading for heading, names in zip(plan.head.header, plan.head.names, strict=True) if names} if plan else set()
    return read - draft.columns.keys()


def _told(request: MapRequest, target: Path, profile: Profile, draft: _Draft, refusal: str | None) -> Mapped:
    lines = [f"Written: {target.as_posix()} ({len(profile.columns)} of {len(profile.headings)} headings are used)."]
    if unused := draft.unused():
        lines.append("Not used: " + ", ".join(f'"{heading}"' for heading in unused) + ".")
    if profile.sheet:
        lines.append(f'Only the sheet "{draft.sample.name}" is read with it; --sheet NAME makes a profile for another one.')
    if draft.contact_by_name:
        lines.append("The name of a company stands for its contact person as well, since nothing else names one.")
    if refusal:
        lines.append(f"It is not complete: {refusal} Do so in {target.as_posix()}; until then such a file is refused.")
        return Mapped((*lines, _next(request.path)), ExitCode.USAGE)
    if target.parent not in PROFILE_FOLDERS:
        lines.append(
            f"It is found by itself only in {PROFILE_FOLDERS[0]}/; from elsewhere name it: --profile {target.as_posix()}"
        )
    return Mapped((*lines, _next(request.path)))


def _next(path: Path) -> str:
    plain = re.fullmatch(r"[\w./:\\-]+", str(path))
    return f"Next: importer check {path}" if plain else f'Next: importer check "{path}"'
