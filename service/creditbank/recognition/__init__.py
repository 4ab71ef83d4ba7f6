"""Claims: a person asks that records count for courses; the rules and the responsible hands decide; credits are granted."""
