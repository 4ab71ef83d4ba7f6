"""Personal accounts: who a learner is, how a row finds its learner, consent, inbox, personal data."""
