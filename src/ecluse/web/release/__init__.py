"""The page behind the address in a refusal, where a blocked sender frees his own mail (1-6)."""
