"""The credit bank of a city: records become decisions, and decisions become postings."""

__version__ = "0.1.0"
