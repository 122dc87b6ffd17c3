"""When and where it ran."""
