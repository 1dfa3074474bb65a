"""Commands in messages as the page's own buttons: a message of a command is for a terminal, which a user of the page has not."""

from __future__ import annotations

import re

from importer.web.texts import Texts

BUTTONS = {
    "resume": "status.send",
    "approve": "batch.approve",
    "review": "batch.again",
    "discard": "batch.discard",
    "report": "batch.write",
    "map": "rows.map",
    "status": "status.title",
}
"""The text of the button that does what a command does. The page has none for any other command, which stays as it is."""
ANSWERS = {
    "--although-listed": "rows.although",
    "--send": "answer.send",
    "--same-as": "answer.same",
    "--drop": "answer.drop",
    "--exists": "rows.exists",
    "--absent": "rows.absent",
}
"""The buttons of the answers that `importer resolve` takes. The first one that is found counts."""
_COMMAND = re.compile(r"(?:\b(run|type) )?`importer ([a-z]+)((?: [^`]*)?)`", re.IGNORECASE)
_OPTION = re.compile(rf"`?(?<![\w-])({'|'.join(ANSWERS)})(?![\w-])`?")
_NUMBER = re.compile(r"(?: \d+)")


class ButtonWords:
    """Names the buttons of the page in place of commands and of their options, in one language."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def __call__(self, text: str) -> str:
        """Return a message with the buttons of the page in it."""
        return _OPTION.sub(self._option, _COMMAND.sub(self._command, text))

    def _command(self, found: re.Match[str]) -> str:
        verb, command, rest = found[1], found[2].casefold(), found[3]
        key = self._answer(rest) if command == "resolve" else BUTTONS.get(command)
        if key is None:
            return found[0]
        name = self.texts("button.named", button=self.texts(key))
        if command in {"approve", "review", "discard", "report"} and (number := _NUMBER.fullmatch(rest)):
            name = self.texts("button.of_batch", button=self.texts(key), number=number[0].strip())
        if verb is None:
            return name
        return self.texts("button.choose_first" if verb[0].isupper() else "button.choose", name=name)

    def _answer(self, options: str) -> str | None:
        return next((key for option, key in ANSWERS.items() if option in options.split()), None)

    def _option(self, found: re.Match[str]) -> str:
        return self.texts("button.named", button=self.texts(ANSWERS[found[1]]))
