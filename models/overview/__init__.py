"""The whole store at a glance.

Reading order:
  tenants  several tenants side by side
  changes  what is different since an instant
  health   whether the numbers may be trusted
"""
