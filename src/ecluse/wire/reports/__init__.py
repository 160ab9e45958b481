"""Machine-readable reports that travel as mail."""
