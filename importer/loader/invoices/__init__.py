"""Invoice lists: several documents of one debtor become one case with a voucher for each of them."""
