"""The verbs: each reads the world through the adapters, lets core decide, acts, and looks again."""
