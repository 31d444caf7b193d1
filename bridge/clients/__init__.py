"""The outside systems, in our verbs. Only these modules know the shapes of their APIs."""
