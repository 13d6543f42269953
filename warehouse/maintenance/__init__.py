"""Keeping a store small, whole and safe.

Reading order:
  upkeep        few files and short logs
  lost_days     days whose rows were lost, and whose marts stay
  verification  whether the store is whole
  recovery      what was acknowledged, and is in no log any more
  backup        one file that holds a whole store
"""
