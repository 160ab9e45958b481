"""`python -m ecluse`: the same as the command `ecluse`."""

from ecluse.entrypoints.cli import main

if __name__ == "__main__":
    main()
