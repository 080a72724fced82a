"""Runs as cases that models are measured by."""
