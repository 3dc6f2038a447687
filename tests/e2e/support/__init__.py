"""What the end-to-end scripts share: an IRC client, a WebSocket client, a server under test, a report."""
