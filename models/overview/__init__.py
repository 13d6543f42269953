"""The whole store at a glance.

Reading order:
  money    what each tenant spends this month
  tenants  several tenants side by side
  changes  what is different since an instant
  reads    each tenant's last successful reading
  health   whether the numbers may be trusted
"""
