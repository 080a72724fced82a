"""The HTTP and WebSocket doors: every protocol is a translation of the same events."""
