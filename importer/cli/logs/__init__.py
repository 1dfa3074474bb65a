"""The logs of operators: their lines, the file, and the options of commands about them."""
