"""Who looks at which version, what they may read, and what stands around every page.

Reading order:
  settings    the configuration, and stamps of files
  access      users, roles, and the pages they open
  login       the sign-in, and who is greeted
  pseudonyms  names hidden from who does not need them
  view        version, business time, tenant and period of a page
  period      the period of a page, with the reader's own days
  links       links between pages, and what an address names
  readings    what the pages read, once per version
  days        charts of days: what stands beside them, and where a click on a day leads
  files       files of a page that are made when somebody wants them
  large_files those that go to the disk, and the address that sends them
  first_steps what to start where nothing is stored yet
  frame       filters, freshness, coverage, states without data
  acts        verdicts and plans, as the commands give them
"""
