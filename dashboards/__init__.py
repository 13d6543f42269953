"""The dashboard: one folder per page, whose page.py draws it with the panels beside it.

Pages hold no numbers of their own: each calls a reading that a command calls too.

Reading order:
  serve       starts Streamlit, and refuses other machines where there is no login
  app         the navigation, and who may open which page
  session/    who looks at which version, and what they may read
  parts/      what several pages draw with
  charts/     frames in, Vega-Lite specifications out
  overview/   what changed since yesterday, windows, tenants
  spend/      the month, budgets, invoice, planned changes
  senders/    incidents and accounts
  delivery/   search, failures, the way of a message
  readiness/  configuration checks
  plan/       announced sends
  health/     what was read and run
"""
