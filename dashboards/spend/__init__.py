"""The Spend page: what a month costs, what is ahead, who pays.

Reading order:
  page            the page and its four parts; the panels of the month
  accounts        the month by account, with its total
  months          twelve months beside each other by account, cost center or tenant
  days            the days of one of these
  budgets         how much of each budget is used, and when it will be passed
  whatif          a planned mailing, with sliders
  backtest        how earlier projections met what came
  centers         cost centers and unit costs
  reconciliation  estimates beside Azure's amounts, and whether the month is closed
  downloads       all costs as files
"""
