"""What an error means and what mends it.

Reading order:
  catalogue    the entries of data/reference/error_catalogue.csv
  plain_text   the words of a text without what they are wrapped in
  reply_codes  SMTP and sign-in codes inside a text
  diagnosis    the entries that a code, a bounce or a line leads to
  filled       a fix with account and recipient in their places
  log          the failures of a log of any size
"""
