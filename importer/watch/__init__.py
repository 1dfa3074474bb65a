"""The watched folder: what is dropped there is imported by the commands of a person, each file with its results beside it."""
