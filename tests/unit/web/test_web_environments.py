"""The environments: who waits for whom, and on whose behalf work is done."""

from __future__ import annotations

import anyio
import pytest
from support.web import site

from importer.domain.batches import Person
from importer.errors import LedgerHeld
from importer.web.work import environments as opened
from importer.workspace.person import acting_as, current_person


@pytest.fixture
def environments(tmp_path):
    with site(tmp_path) as page:
        yield page.environments


def test_a_person_does_not_wait_long_for_other_work(environments, monkeypatch):
    monkeypatch.setattr(opened, "SHORT_WAIT_SECONDS", 0.01)
    with environments.changing(), pytest.raises(LedgerHeld, match="Try again in a minute"), environments.changing():
        pass
    with environments.changing(is_job=True):  # what was before it has let go
        pass


def test_work_is_done_on_behalf_of_the_person_in_every_thread(environments):
    ann = Person("ann", "here")

    async def both():
        found = []
        async with anyio.create_task_group() as group:
            for person in (ann, Person("bob", "here")):
                group.start_soon(lambda one=person: _note(environments, one, found))
        return found

    assert {one.name for one in anyio.run(both)} == {"ann", "bob"}
    with acting_as(ann):
        assert current_person() == ann
    assert current_person() != ann


async def _note(environments, person, found):
    found.append(await environments.run(person, current_person))
