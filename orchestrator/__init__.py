"""AI Orchestrator: autonomous agents you host yourself, with every step in a journal."""

__version__ = "0.1.0"
