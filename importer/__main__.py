"""``python -m importer`` is the command ``importer``."""

from importer.cli.app import main

main()
