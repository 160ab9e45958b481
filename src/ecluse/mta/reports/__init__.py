"""Reports about domains: those of others are read, our own are written."""
