"""What articles 9 and 10 promise, measured, and what a breach is worth."""
