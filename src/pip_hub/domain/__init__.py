"""Pure values and rules: no clock, no randomness, no input or output, nothing beyond the standard library and attrs."""
