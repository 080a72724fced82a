"""The optimiser: the same said in fewer tokens, and nothing lost that counts."""
