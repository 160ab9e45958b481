"""Models of the classifier as files that are mapped into memory."""
