"""The Health page: may the numbers be trusted?

Reading order:
  page  the page: coverage, models, what was rejected
  runs  the last runs and the use of the quota
"""
