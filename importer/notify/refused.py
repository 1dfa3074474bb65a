"""The files that were refused and not settled since: what a night adds to them, and what it takes from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OF_RUNS = ""
"""What stands for the files of runs that do not name them one by one."""
MOST_REFUSED = 1000
"""The files that are followed at most, those that were refused last."""


@dataclass(frozen=True, slots=True)
class FileNews:
    """Files by name: ``refused`` has the path where each lies now, or an empty text; ``read`` are those that could be read."""

    refused: Mapping[str, str] = field(default_factory=dict)
    read: frozenset[str] = frozenset()

    @classmethod
    def of_run(cls, *, refused: int, read: int) -> FileNews:
        """Return the news of a run of which only the numbers of files are known."""
        if refused:
            return cls({OF_RUNS: ""})
        return cls(read=frozenset({OF_RUNS}) if read else frozenset())

    def then(self, later: FileNews) -> FileNews:
        """Return both together; for a file that is in both, the later ones count."""
        refused = {name: path for name, path in self.refused.items() if name not in later.read}
        return FileNews({**refused, **later.refused}, (self.read - later.refused.keys()) | later.read)


def still_refused(before: Mapping[str, str], news: FileNews, gone: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the files that are refused now. ``gone`` are those that were taken away from the place where they lay."""
    left = {name: path for name, path in before.items() if name not in news.read | gone | news.refused.keys()}
    return dict([*left.items(), *news.refused.items()][-MOST_REFUSED:])
