"""Mail as people see it: orders to the nodes, and what is held for whom."""
