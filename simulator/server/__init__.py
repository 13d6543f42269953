"""The services behind TLS on a loopback port.

Reading order:
    serving      starts and stops the server
    application  the services below their prefixes
"""
