"""The control plane: clients, people, policies, and who changed what. Mail flows without it (design 1.3)."""
