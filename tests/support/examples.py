"""How many examples a test with generated data tries: few in the suite, more by hand with ``EXAMPLES=10 python -m pytest``."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """``usual``, times what ``EXAMPLES`` in the environment asks for."""
    return usual * int(os.environ.get("EXAMPLES", "1"))
