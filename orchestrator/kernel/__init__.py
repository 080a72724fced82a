"""The words every room speaks: messages, events, errors, ids, clock, settings, registry."""
