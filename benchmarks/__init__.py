"""How fast the importer is, against what people would use instead: see ``python -m benchmarks --list``."""
