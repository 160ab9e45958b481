"""Digests: the mail that tells a user what is held for him, and the pages behind its links."""
