"""Our copy of the WhatsApp templates that Meta keeps.

Changes message_templates of channels, of which this is a part. Calls the Graph API.
"""
