"""Every export of message traces that Microsoft or an administrator hands out, as trace rows."""
