"""What is shipped, run with the programs of others: proxies, clients, checkers (`make peers`)."""
