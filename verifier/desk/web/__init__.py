"""The only part of the desk that knows Flask."""
