"""One collector per file: each asks one question about a message and leaves its answer in one field of Evidence."""
