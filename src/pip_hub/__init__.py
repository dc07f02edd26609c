"""pip-hub: an OAuth 2.1 authorization server for MCP clients, with an integrations hub inside the flow."""
