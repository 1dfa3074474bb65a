"""Which files of a watched folder are complete, and what the operating system says about them."""
