"""A build in tasks side by side: a stretch of days each, in processes or on Spark's executors.

Reading order:
  workers  who computes tasks, and the folder that driver and workers share
  tasks    what a worker computes: DuckDB over a stretch, from Parquet to Parquet
  lent     names of files that a worker may read
  rebuild  the days of a tenant in tasks: firsts, their merge, marts, commits
  spark    the executors of a Spark session as workers
"""
