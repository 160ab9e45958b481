"""The lock of the room: what a process gives up before it looks at a file from outside (design 1.5)."""
