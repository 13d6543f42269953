"""The whole store at a glance.

Reading order:
  money    what each tenant spends this month
  tenants  several tenants of one store side by side
  fleet    those of all shards
  changes  what is different since an instant
  reads    each tenant's last successful reading
  health   whether the numbers may be trusted
"""
