"""What OpenSSL can do and Python's ssl does not offer."""
