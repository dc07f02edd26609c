"""What the core asks of the world: one small protocol per file."""
