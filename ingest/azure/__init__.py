"""Azure: what is billed, and the public prices.

Reading order:
  costs          the source: daily cost rows of the configured scopes
  cost_query     one query: its body, its pages, rows by the names of their columns
  retail_prices  list prices that mention High Volume Email
"""
