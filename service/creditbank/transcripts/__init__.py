"""Transcripts (终身学习档案): what a learner has achieved, as of any day, as known at any instant."""
