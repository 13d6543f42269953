"""Recipients that are still to come: per account, for the tenant, for a month and twelve more.

Reading order:
  history      daily rows as a matrix of accounts and days
  mailings     what comes back every month, or every second to fourth week
  profiles     what an account sends on each weekday, apart from mailings
  planned      announced sends as recipients per account and day
  uncertainty  how far all that may be off
  rolling      profiles and outlooks as of any day of a history
  projection   the month, its quarter, and their ranges
  scenarios    twelve further months
  backtest     what past projections were, beside what came
"""
