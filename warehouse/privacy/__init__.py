"""Personal data in the store: who may be known, for how long, and who looked.

Reading order:
  identities  who is behind a pseudonym, encrypted
  page_names  pseudonyms of pages for roles that do not need names
  subjects    what is kept of subjects for ever
  removal     removals that have begun, until they end
  erasure     a person leaves rows and state.db
  retention   old days and rows are dropped
  old_files   files and log entries that no newest version needs are removed
  audit       who did what with personal data, when and why
  audit_chain what was done to the entries of the audit log shows
"""
