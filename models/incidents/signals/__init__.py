"""Signals per quarter-hour: an account does what its own past does not show.

Reading order:
  quarter_hours  what accounts did, one row per quarter-hour with mail
  own_past       the most of something in an account's own days
  rules          the rules, and where they fire
  first_mailing  signs beside a broken ceiling of an account that is still learning
  sentences      why a signal fired, in words
  sign_ins       changed settings and unusual sign-ins
  suspects       which accounts could make a signal fire at all
  stored         only changed days are judged again; what fired is kept in marts.hve_signals
"""
