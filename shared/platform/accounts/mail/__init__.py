"""Mails to people: queued in the transaction that causes them, sent by a job.

Owns outgoing_mail and mail_requests. Both are in the schema `auth`. Calls providers.mail and runtime.
"""
