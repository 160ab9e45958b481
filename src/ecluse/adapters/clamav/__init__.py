"""The virus scanner port, answered by ClamAV's daemon."""
