"""The technote: MyST sources whose every number comes from a mart."""
