"""Photographs with their licences, and captures made from them."""
