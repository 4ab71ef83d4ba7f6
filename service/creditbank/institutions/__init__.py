"""Colleges, providers and certificate bodies; their programmes, plans, courses, scales and calendars."""
