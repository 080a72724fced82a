"""Plugs of the policy seam: one family of rules a file."""
