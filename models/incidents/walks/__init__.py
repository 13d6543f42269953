"""The walk of all accounts through the local days, kept at midnights between runs.

Reading order:
  walk        some accounts through their days: forecast, watch, cut out, learn
  midnight    what the walk remembers between two days, as arrays by name
  inputs      what a walk is made from, told apart hour by hour
  kept_walks  what is kept of it, and from which morning a run may go on
  slices      the walks of all accounts of a tenant: which go on, and which begin
"""
