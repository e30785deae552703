"""The server's face: pages, HTTP API and the WebSocket endpoint."""
