"""The web as people read it: searched through an engine, and pages as clean text."""
