"""Who is it? Users, sessions and tokens."""
