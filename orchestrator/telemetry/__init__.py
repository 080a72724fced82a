"""How the product is seen from outside while it works: logs and metrics."""
