"""The kinds of questions of docs/results.md."""

from __future__ import annotations

from generator.text import code, sentence, table
from importer.domain.questions import RULES, allowed_answers, answers_in_words


def kinds() -> str:
    rows = [
        [code(kind), sentence(rule.sentence), answers_in_words(allowed_answers([kind])), "yes" if rule.for_good else "no"]
        for kind, rule in RULES.items()
    ]
    return table(("kind", "what is asked", "answers", "can a profile answer it"), rows)
