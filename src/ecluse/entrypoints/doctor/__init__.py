"""What `ecluse doctor` looks at: one file per organ."""
