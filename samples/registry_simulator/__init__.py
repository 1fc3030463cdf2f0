"""The national registry as a real HTTP server over the sample people, and made to misbehave."""
