"""`python -m hve_monitor` is `hve`."""

from cli.main import main

main()
