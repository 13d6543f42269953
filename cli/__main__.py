"""`python -m cli` is `hve`."""

from cli.main import main

main()
