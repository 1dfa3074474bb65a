"""The page of `importer serve`: a login to the same commands as the terminal, without logic of its own about claims."""
