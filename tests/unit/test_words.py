"""The package is written in plain English: words of its former private language do not come back."""

import ast
import re

import pytest
from support.paths import ROOT

FORMER_WORDS = {
    r"\btold\b|\btells? (?:of|that|what|whether)\b": "reported, named, shown",
    r"\bnothing but\b|\bnone of (?:its|their) own\b": "only; not from this ...",
    r"\bfor want of\b|\banew\b": "because there is no ...; again",
    r"\bheard\b|\bwhoever\b|\bsomebody\b": "logged; the caller; a user",
    r"\bstands? (?:there|in|beside|below|above|alone|under)\b": "is in, is below, is called",
    r"(?:\b|_)(?:telling|patience|nap)(?:\b|_)": "distinctive; the longest wait; a pause",
    r"\bhas a say\b|\bspeaks? (?:of|against)\b": "decides; contradicts",
    r"\b(?:Worklist|Unshown|Knowledge|Outlook|Lane|Shelf|Remembered|Findings|Told)\b": "the names of the glossary",
}
"""Patterns, with what to write instead."""


@pytest.mark.parametrize("pattern", FORMER_WORDS, ids=lambda pattern: FORMER_WORDS[pattern])
def test_a_former_word_does_not_come_back(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "importer").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line, re.IGNORECASE if pattern.islower() else 0)
    ]
    assert found == []


QUESTIONS = {"What", "When", "Where", "Whether", "Who", "Why", "How"}
"""Words with which the docstring of a function does not begin, because they are neither an imperative nor a noun."""


def test_the_docstring_of_a_function_begins_with_an_imperative():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {text.splitlines()[0]}"
        for path in sorted((ROOT / "importer").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (text := ast.get_docstring(node))
        if text.split()[0] in QUESTIONS and not any("property" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert found == []
