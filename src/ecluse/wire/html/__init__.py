"""HTML of messages: what its reader sees, what is kept from him, and where it leads."""
