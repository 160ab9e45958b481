"""`ecluse probe`: asks servers from outside, each minute, whether they serve (9-7, 9-8)."""
