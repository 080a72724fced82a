"""Policies of the owner, a workspace and an agent, as files in the language Cedar."""
