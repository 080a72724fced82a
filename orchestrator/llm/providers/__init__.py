"""Plugs of the language-model seam, reached by name through the registry."""
