"""A run carried from one journal to another, as a file."""
