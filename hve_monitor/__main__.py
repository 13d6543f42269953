"""`python -m hve_monitor` is `hve`."""

from hve_monitor.cli import main

main()
