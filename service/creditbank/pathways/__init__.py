"""Pathways: agreements, cohorts, gates and rounds, from a school to a college."""
