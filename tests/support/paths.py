"""Where the tests find the checkout and the golden files."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN_FILES = ROOT / "tests" / "golden"
