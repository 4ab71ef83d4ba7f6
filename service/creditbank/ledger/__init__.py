"""The ledger: postings made from decisions, two entries each, never changed."""
