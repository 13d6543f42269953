"""How personal data is stored: in full, under pseudonyms, or without persons.

Reading order:
  mode         the mode of a store, its key, and the keys of its tenants
  chain        links and seals of the audit log
  person       who is named by a text, and who only looks alike
  words        texts without the people in them
  pseudonyms   what rows and texts look like under a mode
"""
