"""How well the embedded model turns requests into the right calls, beside matching by nearest example."""
