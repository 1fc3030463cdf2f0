"""Two real civil registries behind one port, and the guard that keeps samples and people apart."""
