"""WhatsApp, Messenger and Instagram: webhooks in, messages out, and the meaning of the Graph API's errors.

Owns no tables; calls runtime and the Graph API.
"""
