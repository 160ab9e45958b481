"""BIMI: where an authenticated domain says that its picture lies, and which pictures are safe to show."""
