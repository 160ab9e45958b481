"""`ecluse evaluate`: streams of labelled messages, what filters make of them, and what is shown of it."""
