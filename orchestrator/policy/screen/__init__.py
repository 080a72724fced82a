"""Passages of untrusted results that give orders to the assistant which reads them."""
