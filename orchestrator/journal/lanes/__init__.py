"""Message lanes: how processes of one installation speak to each other."""
