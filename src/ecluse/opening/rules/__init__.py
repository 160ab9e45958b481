"""YARA rules: ours, those of the house, and what they say about a file. Runs in the locked room."""
