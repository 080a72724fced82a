"""Money: who may spend how much, what was spent, and what was saved."""
