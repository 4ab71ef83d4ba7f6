"""Learning results (学习成果) as institutions report, correct, withdraw and reassign them."""
