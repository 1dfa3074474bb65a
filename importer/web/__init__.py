"""The page of `importer serve`: a door to the same commands as the terminal, without logic of its own about claims."""
