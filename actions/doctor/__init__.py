"""`hve doctor`: what a run needs, and how to mend what is missing.

Reading order:
  examine      every check of a configuration
  check        one check, and the document of all
  credentials  secrets, certificates, the clock, a token
  permissions  what each permission lets the monitor read, tried out
"""
