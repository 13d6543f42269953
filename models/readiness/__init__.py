"""Is every account set up right: checks, findings and their history.

Reading order:
  checks              every check, in the order in which a reader wants them
  facts               what the checks read, and what of it is unknown
  read_facts          the facts of a tenant, from the store
  finding             what a check answers
  authentication      security defaults and authentication policies
  account_setup       licence, names, reply-to, aliases, applications
  sign_in_methods     password or OAuth, and the configured server
  conditional_access  which rules stop an account or an application
  conditions          whether a rule applies
  decision            yes, no or unknown, with a reason
  grants              what a rule asks for that HVE cannot give
  expiry              what stops soon: billing, secrets, idle accounts
  board               findings kept where they change, and read back
  report              the document of `hve readiness`
"""
