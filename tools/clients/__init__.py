"""Clients that are made of the document, and what makes them."""
