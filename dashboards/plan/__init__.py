"""The Plan page: sends that are announced, so that they raise no alarm.

Reading order:
  page      the page
  form      announces a send, and withdraws one
  calendar  announced windows over time, and what was sent in each
"""
