"""Is it all there."""
