"""The numbers and pages that an organization writes from: connecting, finding, stopping them, and their templates.

Owns channel_accounts and message_templates. Calls runtime.
"""
