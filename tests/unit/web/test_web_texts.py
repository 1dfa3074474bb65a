"""The texts of the page are apart from it, and every one that is used is there."""

from __future__ import annotations

import re
import tomllib

import pytest
from support.paths import ROOT

from importer.commands.map_dialogue import WAYS_TO_CASES
from importer.dispatcher.pacing.rate_windows import Period
from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.questions import AnswerWord
from importer.domain.row_states import Sort
from importer.domain.states import RowStatus
from importer.loader.rows.verdict import Role
from importer.loader.sheets.shape import Shape
from importer.notify.state import Trouble
from importer.web.button_words import ANSWERS, BUTTONS
from importer.web.pages.home import ENDINGS
from importer.web.texts import Texts
from importer.web.work.added_columns import ADDABLE
from importer.web.work.mapping_form import DEBTOR_TYPES
from importer.web.work.parties import KINDS
from importer.web.work.row_history import CAUSES, OUTCOMES

PACKAGE = ROOT / "importer" / "web"
SOURCES = [*PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.py")]
PROGRESS = ("begins", "sent", "not_sent", "quota", "quota_unsent", "in_doubt", "in_doubt_sent", "held", "questioned")
BUILT = {
    *(f"state.{one.value}" for one in BatchState),
    "state.sending_now",
    *(f"row.{one.value}" for one in RowStatus),
    *(f"result.{key}" for key in ("success", "errors", "summary", "review")),
    *(f"progress.{key}" for key in PROGRESS),
    *(f"kind.{one.value}{ending}" for one in RecordKind for ending in ("", "_one")),
    *(f"entry.{one.value}" for one in RecordKind),
    *(f"entry.{name}" for name in ("first_sent_at", "doubted_at", "accepted_at", "adopted_at")),
    *(f"outcome.{one.replace(' ', '_')}" for one in OUTCOMES),
    *(f"cause.{one}" for one in CAUSES),
    *(f"batch.limit_{one.value}" for one in RecordKind),
    *(f"map.cases_{way}" for way in WAYS_TO_CASES),
    *(f"trouble.{one.value.replace(' ', '_')}" for one in Trouble),
    *(f"status.per_{one.value}" for one in Period),
    *("status.left_to_it", "status.left_over", "status.missing", "status.missing_of"),
    *(f"answer.all_{one.name.lower()}" for one in AnswerWord),
    *(f"map.shape_{one.value}" for one in Shape),
    *(f"map.type_{word.casefold().replace(' ', '_')}" for word in DEBTOR_TYPES),
    *(f"map.sort_{one.value.replace(' ', '_')}" for one in Sort),
    *(f"map.role_{one.name.lower()}" for one in Role),
    *(f"map.rows_{what}" for what in ("only", "skip")),
    *(f"parties.{one.value.replace(' ', '_')}" for one in KINDS),
    *(f"status.ended_{code}" for code in ENDINGS),
    *(f"task.{what}" for what in ("doubts", "pending", "questions", "approval", "rows_to_correct")),
    *(f"column.{name}" for name in ("named", *ADDABLE)),
    *("job.reading", "job.checking"),
    *BUTTONS.values(),
    *ANSWERS.values(),
    *("button.choose", "button.choose_first"),
    *("answer.effect_send", "answer.effect_same", "answer.effect_drop"),
    *(f"problem.{status}" for status in (404, 405, 408, 413)),
}
"""The keys that are put together from a word of the code."""


def used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    called = re.findall(r"""\bt(?:exts)?\(["']([a-z_]+\.[a-z_0-9]*[a-z0-9])["']""", text)
    named = re.findall(r'"((?:problem|login)\.[a-z_]+)"', text)
    return {*called, *named} | BUILT


def test_every_text_that_is_used_is_there_and_no_other():
    assert used() == Texts().keys()


@pytest.mark.parametrize("path", sorted((PACKAGE / "languages").glob("*.toml")), ids=lambda path: path.stem)
def test_every_language_has_the_same_keys_and_places(path):
    def places(texts):
        return {
            f"{section}.{key}": set(re.findall(r"{(\w+)}", text))
            for section, found in texts.items()
            for key, text in found.items()
        }

    english = tomllib.loads((PACKAGE / "languages" / "en.toml").read_text(encoding="utf-8"))
    assert places(tomllib.loads(path.read_text(encoding="utf-8"))) == places(english)


def test_no_page_has_a_text_of_its_own():
    for path in PACKAGE.rglob("*.j2"):
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>|&\w+;", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert re.findall(r"[A-Za-z]{3,}", text) == [], path.name
