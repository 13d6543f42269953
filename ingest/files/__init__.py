"""Imported files.

Reading order:
  paths       the files that the paths of a command mean
  imported    files into one tenant: every row is stored, or rejected with its reason
  column_map  columns of tables that are no export we recognise
  formats     the exports themselves, as typed trace rows
"""
