"""Shared by the end-to-end scripts: an IRC client, a WebSocket client, a server under test, a report."""
