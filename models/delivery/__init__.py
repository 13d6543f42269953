"""Did mail arrive, and if not, why.

Reading order:
  terms       what people write: addresses, parts, lists, networks
  conditions  what is searched for, in SQL
  meaning     what an answer says, and what it cannot say
  search      the delivery search: rows, one page or all of them
  timeline    one message step by step, and where two recipients part
  outcomes    figures and reasons of an account, what was not delivered
  headroom    which accounts are nearest to a limit
  breakdown   delivery by domain and by list, failures by day and reason
  rate        the delivery rate, one definition for every command and page, and which are low
"""
