"""The Senders page: who behaves unusually, why, and what an account usually does.

Reading order:
  page       which incident and which account are shown
  incidents  the list and its filters
  together   several incidents at once
  card       one incident
  evidence   whom it reached, from where, under which subjects
  verdicts   the buttons, who has it, the timeline, earlier incidents
  runbook    next steps
  hunting    queries for Microsoft's tools
  profile    one account: its days, its week, its sources
"""
