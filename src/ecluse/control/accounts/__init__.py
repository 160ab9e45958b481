"""People: who may sign in, what each may do at which client, and how somebody new is let in."""
