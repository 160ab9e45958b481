"""How people get in: sign-in, second factor, invitations, links, and what is recorded of it."""
