"""Where commands run: the strongest isolation this machine allows, and what it does isolate."""
