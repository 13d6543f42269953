"""Five stores in which something is unknown, and every command and page over them.

Reading order
  five_stores    the rows of each store, written out by hand-countable rules, and its import
  truth          what the raw rows say, counted without any model
  test_numbers   numbers of pages and commands that conclude something, against the truth
  test_walk      every command and every page: no exception, right exit code, no None in a text
"""
