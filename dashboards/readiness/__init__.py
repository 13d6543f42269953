"""The Readiness page: is every account set up right?

Reading order:
  page       the page: what fails, what is about to stop
  board      accounts and checks, and their history
  fixes      the findings of one check and what mends them
  migration  from passwords to OAuth
"""
