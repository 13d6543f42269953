"""What mail costs: estimates from traces, never the invoice (that is models/invoice).

Reading order:
  spend              the whole cost report of the configured tenants, and a planned change
  documents          the reports as types: what `hve cost` and `hve whatif` print
  daily              exact cost of every UTC day
  known              what is known of a cost: rows without a status, days that were not read
  outlook            a period so far and at its end: the one projection of all that follow
  report             a month: to date, projected, by account, with its quarter
  budgets            budgets with their accounts, and thresholds that were passed
  budget_use         how much of each is used, and when it will be passed
  passed_thresholds  thresholds that were passed, each kept once
  showback           what each cost center caused
  months             months beside each other by account, cost center or tenant; days of one
  closing            frozen months, and what changed since
  whatif             a planned change: its cost, its messages, its effect on budgets
"""
