"""Publishing rules: draft, checked, impact, approved by a second person, in force."""
