"""``python -m importer`` is the command ``importer``."""

from importer.cli.main import main

main()
