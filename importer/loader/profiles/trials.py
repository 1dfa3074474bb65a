"""Trials of proposals and profiles on a sampled sheet, each of them made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importer.domain.code_lists import VoucherTypes
from importer.errors import FileRefused
from importer.loader.profile import Profile
from importer.loader.profiles.contested import settled_between_headings
from importer.loader.profiles.open_column import open_column
from importer.loader.profiles.proposal import Heading, SheetProposal, propose
from importer.loader.profiles.sampling import SheetSample
from importer.loader.sheets.cell_tests import agreement
from importer.loader.sheets.plan import SheetPlan, column_in, plan_sheet
from importer.loader.sheets.shape import Shape


@dataclass(frozen=True, eq=False)
class SheetTrials:
    """A sampled sheet, the voucher types and default values of the settings, and the results of the trials so far."""

    sample: SheetSample
    types: VoucherTypes
    defaults: Mapping[str, str]
    _proposals: dict[Shape, SheetProposal] = field(default_factory=dict, init=False, repr=False)
    _plans: dict[str, SheetPlan | FileRefused | None] = field(default_factory=dict, init=False, repr=False)
    _agreements: dict[tuple[Shape, str, str], float] = field(default_factory=dict, init=False, repr=False)

    def proposal(self, shape: Shape) -> SheetProposal:
        """Return the guesses about the headings if the sheet has this shape."""
        if shape not in self._proposals:
            reading = self.sample.reading(shape)
            proved = None if shape is Shape.VOUCHERS else open_column(self.sample.header, self.sample.rows, reading)
            proposed = propose(self.sample.headings, shape, self.types, reading, proved)
            self._proposals[shape] = settled_between_headings(proposed, reading)
        return self._proposals[shape]

    def agreement(self, shape: Shape, name: str, heading: Heading) -> float:
        """Return the share (0 to 1) of the cells below a heading that a column could hold; 0 if all are blank."""
        key = (shape, name, heading.text)
        if key not in self._agreements:
            self._agreements[key] = agreement(column_in(shape, name), heading.cells, self.types) or 0
        return self._agreements[key]

    def refusal(self, profile: Profile) -> str | None:
        """Return why the sheet could not be read with this profile, or None if it could."""
        plan = self._plan(profile)
        if plan is None:
            return f'Sheet "{self.sample.name}" leaves open whether it holds cases or vouchers. Set holds.'
        return str(plan) if isinstance(plan, FileRefused) else None

    def contradicts(self, profile: Profile, shape: Shape) -> bool:
        """Return whether the sheet, with this profile, would be read as one of another shape or not at all."""
        plan = self._plan(profile)
        return plan is None or (isinstance(plan, SheetPlan) and plan.shape is not shape)

    def read_with(self, profile: Profile) -> set[str]:
        """Return the headings that fill a column with this profile; none if the sheet could not be read."""
        plan = self._plan(profile)
        if not isinstance(plan, SheetPlan):
            return set()
        return {heading for heading, names in zip(plan.head.header, plan.matches.names, strict=True) if names}

    def plan(self, profile: Profile) -> SheetPlan | None:
        """Return how the sheet is read with this profile; None if it would be refused or passed over."""
        plan = self._plan(profile)
        return plan if isinstance(plan, SheetPlan) else None

    def is_left_out(self, profile: Profile) -> bool:
        """Return whether the sheet, with this profile, would be passed over as one without cases or vouchers."""
        return self._plan(profile) is None

    def is_read_alike(self, one: Profile, other: Profile) -> bool:
        """Return whether both profiles give the same meaning to every heading, or both leave the sheet out."""
        plans = [self._plan(profile) for profile in (one, other)]
        if plans == [None, None]:
            return True
        meanings = [(plan.shape, plan.head.names) for plan in plans if isinstance(plan, SheetPlan)]
        return len(meanings) == len(plans) and meanings[0] == meanings[1]

    def _plan(self, profile: Profile) -> SheetPlan | FileRefused | None:
        key = profile.model_dump_json()
        if key not in self._plans:
            self._plans[key] = self._planned(profile)
        return self._plans[key]

    def _planned(self, profile: Profile) -> SheetPlan | FileRefused | None:
        sheet = self.sample
        try:
            return plan_sheet(sheet.name, sheet.header_row, sheet.header, profile, self.defaults, sheet.around)
        except FileRefused as refused:
            return refused
