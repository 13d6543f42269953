"""How the .sql models run.

Reading order:
  sql        the models, ordered by what they read, and rows of a query
  workplace  what a build needs of an engine; DuckDB, the usual one
  spark      the same on Spark's executors
"""
