"""Ports answered from the memory of the node's processes."""
