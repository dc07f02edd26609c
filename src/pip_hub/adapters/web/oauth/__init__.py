"""The OAuth endpoints: what MCP clients and MCP servers call."""
