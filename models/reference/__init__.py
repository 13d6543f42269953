"""What does not come from a tenant: prices, charged statuses, limits, and who pays.

Reading order:
  prices        what one delivered recipient costs on a day, of one tenant and of several
  metering      which statuses are charged on a day
  book          both as the models read them, with those of the configuration
  limits        Microsoft's published limits by day
  cost_centers  which account belongs to which cost center
"""
