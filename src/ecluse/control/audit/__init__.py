"""The record of every act (4-5 to 4-7): append-only, each entry bound to the one before it."""
