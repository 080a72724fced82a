"""Language models: one seam, a short file a provider, and wrappers of the same shape."""
