"""From the bytes of a file to its lines: what it is, what it may be, and why it is refused as a whole."""
