"""`python -m bridge` is `chamados`."""

import os

from bridge.cli import main


def run() -> None:
    """What is written is nobody else's on this machine."""
    os.umask(0o077)
    main()


if __name__ == "__main__":
    run()
