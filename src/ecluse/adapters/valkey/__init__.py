"""What the nodes of one installation count together, through a Valkey or Redis server (design 3)."""
