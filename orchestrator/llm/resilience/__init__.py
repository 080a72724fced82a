"""What stands between a request and a provider that fails: wrappers of one protocol, in one order (stack.py)."""
