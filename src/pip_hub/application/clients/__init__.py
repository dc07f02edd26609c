"""MCP clients."""
