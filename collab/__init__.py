"""Collaborative editing with the whole history."""
