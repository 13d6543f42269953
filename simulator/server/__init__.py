"""The services behind TLS on a loopback port.

Reading order:
    serving      starts and stops the server
    application  the services below their prefixes, and the log of requests
    disturbance  faults between the client and the services
    control      clock, truth and labels, which no real tenant shows
"""
