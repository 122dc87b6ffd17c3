"""Old names; goes when the page imports it no more."""
