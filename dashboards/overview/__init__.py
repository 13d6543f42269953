"""The Overview page: is everything all right?

Reading order:
  page       the page: the finding in one sentence, then what it rests on
  tiles      one number each, and its last weeks
  windows    counts of a window, and whether all of it was read
  yesterday  what is different since yesterday
  tenants    several tenants side by side
"""
