"""Entra ID: how we sign in, who signs in, and what lets accounts in.

Reading order:
  credential      secret, certificate or federated token, out of its file
  tokens          app-only tokens by secret, certificate, federated token or managed identity
  own_credential  when our own certificate ends
  sign_ins        sign-ins of the HVE accounts and of the applications that send for them
  policies        security defaults, Conditional Access, groups, roles, applications
"""
