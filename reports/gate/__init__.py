"""Check in the CI of a pipeline which tasks became worse between two campaigns."""
