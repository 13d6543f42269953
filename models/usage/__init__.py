"""What was sent, and what of it was read.

Reading order:
  usage           recipients per account and day, or summed
  coverage        windows that were read, and where they leave gaps
  unread          of which days and windows it is unknown what was sent
  file_days       the days that files know
  accounts        one account: hours, sources, contacts, learning
  sources         addresses that an account sent from
  first_contacts  first recipients, sources and subjects, kept for ever
  corrections     past days that count otherwise than they did
"""
