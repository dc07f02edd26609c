"""The pages of a person: signing in, the Integrations Hub, and what its buttons do."""
