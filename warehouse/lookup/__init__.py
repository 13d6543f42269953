"""Which files hold what a search or an account asks for.

Reading order:
  bloom          which files may hold an id or a recipient
  trace_files    the few files of the message trace that a search reads
  contact_files  who wrote to whom on a closed day, in the order of senders
"""
