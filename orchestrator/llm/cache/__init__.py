"""The cache: an answer that was given before to the same request, or to one that means the same."""
