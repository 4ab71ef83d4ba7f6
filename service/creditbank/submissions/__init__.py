"""Submissions (报送): files with many records, read, mapped, posted in chunks, an outcome for each row."""
