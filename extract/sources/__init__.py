"""Where quanta are recorded: each source in a module of its own."""
