"""What people say when they want a tool of a kit."""

from orchestrator.tools.said import examples as examples
