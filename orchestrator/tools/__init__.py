"""Tools: what an agent can do, one seam, in kits."""
