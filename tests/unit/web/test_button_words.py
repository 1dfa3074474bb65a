"""Messages of commands name the buttons of the page."""

from __future__ import annotations

import pytest

from importer.web.button_words import ButtonWords
from importer.web.texts import Texts

WORDS = ButtonWords(Texts())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Stopped. `importer resume` goes on.", "Stopped. “Send what is approved” goes on."),
        ("Check the disk, then run `importer resume`.", "Check the disk, then choose “Send what is approved”."),
        ("Run `importer resume` first.", "Choose “Send what is approved” first."),
        ("`importer approve 12` shows it and asks.", "“Approve and send” on the page of batch 12 shows it and asks."),
        ("or run `importer resolve C1-3f9a2b --send`; if", "or choose “Send it”; if"),
        ("type `importer resolve C1-3f9a2b --exists ID`", "choose “It exists”"),
        (
            "`importer resolve V1-3f9a2b --absent --although-listed`",
            "“It does not exist, although something like it is listed”",
        ),
        ("Use `--send` or `--same-as`, or --drop.", "Use “Send it” or “It is the same”, or “Never send it”."),
        ("`importer map FILE` asks for what is missing.", "“Change what its columns mean” asks for what is missing."),
        ("`importer adopt C1 --case 9` takes it over.", "`importer adopt C1 --case 9` takes it over."),
        ("`importer resolve C1-3f9a2b`", "`importer resolve C1-3f9a2b`"),
        ("a--send-b", "a--send-b"),
    ],
)
def test_commands_that_the_page_has_a_button_for_are_named_by_it(text, shown):
    assert WORDS(text) == shown
