"""Stores that speak S3, by obstore."""
