"""`hve doctor`: what a run needs, and how to mend what is missing.

Reading order:
  examine      every check of a configuration
  check        one check, and the document of all
  files        who else on this machine may read secrets or change what a run trusts
  tables       whether the place of the tables does what they need
  credentials  secrets, certificates, the clock, a token
  permissions  what each permission lets the monitor read, tried out
"""
