"""What is to happen later: set, listed, cancelled, and done at its time, also after a restart."""
