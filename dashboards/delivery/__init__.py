"""The Delivery page: did it arrive, and if not, why?

Reading order:
  page         the page, and what was not delivered by day
  search       the form in the address, and the rows it finds
  failures     reasons, the newest undelivered, figures of every message
  rates        delivery rates by account, low ones first
  breakdown    by recipient domain and list, failures over time by reason
  timeline     the way of one message
  explanation  an error in words
"""
