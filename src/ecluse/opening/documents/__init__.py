"""Office documents, mail items and notes: what is active in them, what they load, what they carry."""
