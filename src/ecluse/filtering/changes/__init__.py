"""What leaves differently from how it came: fields set on top, forged ones taken away, the body never touched."""
