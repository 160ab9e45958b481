"""The API: what the console does for a client's administration, for programs with a key (`ecluse.web.api.api`)."""
