"""The API: what the console does, for programs with a key (`ecluse.web.api.api`)."""
