"""What Azure invoiced beside the estimates, and why the two differ.

Reading order:
  invoiced      amounts of Azure, by meter and billing day
  hour_counts   recipients per UTC hour, summed to billing days that begin at any hour
  rate          how a meter follows the usage: price, day boundary, statuses that count
  ledger        one scope in one currency: estimate, amount and state of every billing day
  meters        which meters of a scope are HVE: pinned, or found by their rate
  scopes        the ledgers of a tenant's scopes, from the published version
  causes        likely causes of a day that differs
  undocumented  rules of Azure that the amounts show, with the key that pins each
  report        a month: its days, its sums, and the invoice by payer
  bridge        from the estimate of a month to its invoice, in steps
  documents     the same as types
"""
