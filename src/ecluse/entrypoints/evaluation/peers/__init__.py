"""Other people's filters, from Debian packages, put to the same test as ours."""
