"""What an account usually sends, hour by hour, in the tenant's local time.

Reading order:
  hours       hourly usage of a tenant from the store, without what was not read
  grid        accounts × hours of counts, and the quarter-hours of each hour
  memory      what survives a midnight while the days are walked through
  baseline    the expected recipients of a day, from the days before it
  intervals   80 and 95 % ranges around them
  scores      how unusual an hour is, on one scale for all accounts
  thresholds  the score that an account's own alerts must reach
  daily       what accounts sent on each local day
  traffic     all of these together while the days are walked through
  size        what was sent and expected over some hours
  demand      how regularly an account sends: smooth, erratic, intermittent, lumpy
  rest        hours in which most accounts of the organisation rest
  recurrence  mailings that come back every month, every quarter or every few weeks
"""
