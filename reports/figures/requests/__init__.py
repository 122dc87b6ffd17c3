"""What to ask for."""
