"""The doors on the network: REST, WebSocket, server-sent events, and the web app's files."""
