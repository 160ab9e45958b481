"""Pages, drawings, scripts, shortcuts and plain texts."""
