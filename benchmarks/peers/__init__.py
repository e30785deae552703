"""collab beside its peers: the same work, one load generator, in turns, on this machine."""
