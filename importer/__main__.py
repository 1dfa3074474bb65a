"""``python -m importer`` is the command ``importer``."""

from importer.cli import main

main()
