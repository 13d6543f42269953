"""Exchange facts through PowerShell, for tenants that grant no application permission.

Reading order:
  script     collect.ps1, the read-only script that `hve collect --script` prints
  collected  the document that it writes, in place of Exchange's answers
  session    PowerShell 7 as a child process that runs the script with our own token
"""
