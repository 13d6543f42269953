"""Imported files.

Reading order:
  imported  files, archives and folders into one tenant; every rejected row with its reason
  formats   the exports themselves, as typed trace rows
"""
