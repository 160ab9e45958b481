"""Taking mail in: the listener, the dialogue with the sending server, and the decision while it waits."""
