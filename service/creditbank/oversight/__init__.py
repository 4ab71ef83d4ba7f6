"""Supervision: whether the books and the views still say what they are made from."""
