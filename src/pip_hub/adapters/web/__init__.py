"""HTTP: the only place that knows Starlette."""
