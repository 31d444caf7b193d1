"""`python -m bridge` is `chamados`."""

from bridge.cli import main

main()
