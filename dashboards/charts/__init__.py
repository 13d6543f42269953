"""Charts: frames in, Vega-Lite specifications out; pages add the words.

Reading order:
  cost      money over time, its projection, and estimates beside Azure's amounts
  months    money by month and group, and by day of one group
  days      what charts of days share: axis, hatched stretches, the period before
  volume    recipients per day by status
  reasons   failed recipients per day by reason
  baseline  observed hours of an account against what was expected
  week      the local week of an account as a heat map
  coverage  how much of each day was read
  steps     a number that stays as it is until it changes
  windows   windows of announced sends
"""
