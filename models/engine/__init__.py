"""How the .sql models run.

Reading order:
  sql        the models, ordered by what they read, and rows of a query
  workplace  DuckDB with the tables and views of one build step
"""
