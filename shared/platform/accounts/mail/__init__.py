"""Mails to people: written in the transaction that wants them, sent by a job.

Owns outgoing_mail and mail_requests. Both are in the schema `auth`. Calls providers.mail and runtime.
"""
