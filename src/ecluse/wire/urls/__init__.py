"""URLs as browsers read them: found in texts, taken apart, and followed as far as they say themselves where they lead."""
