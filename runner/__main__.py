"""`python -m runner` is `jobspec`."""

from runner.cli import main

if __name__ == "__main__":
    main()
