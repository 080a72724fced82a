"""Kits of tools, reached by name through the registry."""
