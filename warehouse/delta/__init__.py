"""The Delta tables, wherever they are kept.

Reading order:
  side      what a place of tables offers, and what it asks of whoever writes there
  disk      a folder of this machine: fsync, space, a log torn by a crash
  objects   an object store, where nothing is torn
  sides     which of both a store has
  files     the newest readable version of a table, its active files
  written   files that workers wrote, as a commit names them
  commit    durable writes: when the call returns, no crash takes the rows back
  portions  days in portions that one step can hold
"""
