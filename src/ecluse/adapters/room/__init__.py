"""The opening room: helper processes that open files behind a lock, and the side of it that asks them."""
