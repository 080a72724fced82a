"""What the files kit does: reading, writing, listing and searching a workspace."""
