"""`python -m adarec`."""

from adarec.cli import main

if __name__ == "__main__":
    main()
