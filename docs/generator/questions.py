"""The kinds of questions of docs/results.md."""

from __future__ import annotations

from generator.text import code, sentence, table
from importer.domain.questions import RULES, offered_in_words


def kinds() -> str:
    rows = [
        [code(kind), sentence(rule.sentence), offered_in_words([kind]), "yes" if rule.for_good else "no"]
        for kind, rule in RULES.items()
    ]
    return table(("kind", "what is asked", "answers", "can a profile answer it"), rows)
