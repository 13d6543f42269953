"""Tables in an object store: S3, Azure Blob Storage, Google Cloud Storage.

state.db, locks, spill and hve.duckdb stay in the folder of the store. Where the tables lie on a
disk, nothing of this package but the place is imported.

Reading order:
  place      where a store keeps its tables, and by which credentials
  storage    the object store itself: what it refuses is one line with the right exit code
  probe      whether the place does what the tables need
  reading    files there, as DuckDB and others read them
  lease      which folder owns the tables
  ownership  one owner at a time, and the copy of state.db beside the tables
  keeping    that copy, made new at once where it must be
"""
