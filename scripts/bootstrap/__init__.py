"""From a bare clone to a running server, with the standard library only."""
