"""What clients and resources do with tokens."""
