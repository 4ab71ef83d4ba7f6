"""Claims: somebody asks that records count for courses; rules and responsible hands decide; credits are granted."""
