"""Did mail arrive, and if not, why.

Reading order:
  terms       what people write: addresses, parts, lists, networks
  conditions  what is searched for, in SQL
  meaning     what an answer says, and what it cannot say
  search      the delivery search: rows, one page or all of them
  timeline    one message step by step, and where two recipients part
  outcomes    figures and reasons of an account, what was not delivered
  rate        the delivery rate, one definition for every command and page
"""
