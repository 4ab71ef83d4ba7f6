"""Who is asking: clients of institutions, learners, guardians and staff; their tokens, roles and scopes."""
