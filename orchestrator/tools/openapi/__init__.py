"""OpenAPI documents as tools: each operation is one, called at the server that was named when it was added."""
