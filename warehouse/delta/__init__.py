"""The Delta tables on disk.

Reading order:
  files     the newest readable version of a table, its active files, a log torn by a crash
  written   files that workers wrote, as a commit names them
  commit    durable writes: when the call returns, the rows are on the disk
  portions  days in portions that one step can hold
"""
