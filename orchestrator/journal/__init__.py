"""The append-only truth, and the views folded from it."""
