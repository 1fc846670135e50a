"""Mail: messages as MIME, sent by SMTP or, on a machine without a mail server, kept as files in a directory.

Owns no table and knows no account. Calls runtime.
"""
