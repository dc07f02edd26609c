"""The whole journey on a laptop: the hub, the provider sandbox and a small MCP server, in one process."""
