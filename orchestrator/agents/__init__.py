"""The agent: it thinks with a model, acts with tools, and every step is an event."""
