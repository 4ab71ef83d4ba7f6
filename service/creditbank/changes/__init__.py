"""What changed, in the order in which it was committed: outbox, numberer, change feed."""
