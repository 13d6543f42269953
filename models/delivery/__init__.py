"""Did mail arrive, and if not, why.

Reading order:
  search    the delivery search: filters, rows, one page or all of them
  timeline  one message step by step, and where two recipients part
  outcomes  figures and reasons of an account, what was not delivered
  rate      the delivery rate, one definition for every command and page
"""
