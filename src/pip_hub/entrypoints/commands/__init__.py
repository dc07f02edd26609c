"""The commands of `pip-hub`: each module adds its own arguments and says what to run."""
