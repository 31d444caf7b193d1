"""`python -m bridge` is `chamados`."""

import os

from bridge.cli import main

# The database and the files are nobody else's on this machine.
os.umask(0o077)
main()
