"""What memory depends on."""
