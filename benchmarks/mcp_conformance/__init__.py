"""The product's MCP client held to the official conformance suite."""
