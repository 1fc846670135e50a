"""WhatsApp, Messenger and Instagram: webhooks in, messages out, the Graph API's errors read for what they mean.

Owns no tables; calls runtime and the Graph API.
"""
