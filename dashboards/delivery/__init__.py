"""The Delivery page: did it arrive, and if not, why?

Reading order:
  page         the page, and rates by account and day
  search       the form in the address, and the rows it finds
  failures     reasons, the newest undelivered, figures of every message
  timeline     the way of one message
  explanation  an error in words
"""
