"""What plays third-party actions in a rehearsal: the same inputs, the same clients, local services."""
