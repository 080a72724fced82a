"""May they? One decision for every call."""
