"""The commands of `hve`, a module for each group; hve_monitor.cli joins them."""
