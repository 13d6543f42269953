"""Which files of the message trace can hold a row of a search.

Reading order:
  bloom        which files may hold an id or a recipient
  trace_files  the few files of the message trace that a search reads
"""
