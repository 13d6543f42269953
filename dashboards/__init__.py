"""The dashboard: one folder per page, whose page.py draws it with the panels beside it.

Pages hold no numbers of their own: each calls a reading that a command calls too.

Reading order:
  serve       starts Streamlit, and refuses other machines where there is no login
  provider    where people log in, and whether its secrets can be trusted
  server      Streamlit's server behind the gate
  gate        foreign hosts and origins are refused; what every answer says to the browser
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
