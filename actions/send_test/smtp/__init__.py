"""Checks over SMTP: the submission endpoint step by step, and one test message through it.

Reading order:
  endpoint    host and port, and which hosts Microsoft has replaced
  step        one step of the dialogue and how it ended
  session     from the name of the host to the offers behind TLS
  sign_in     Basic and XOAUTH2
  message     the test message and its checked recipients
  submission  the message through an open session
"""
