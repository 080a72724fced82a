"""Services that speak REST: one guarded client, and what each of them says, read."""
