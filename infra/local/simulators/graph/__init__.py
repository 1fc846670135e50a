"""Meta's Graph API as far as messaging needs it, with customers who write and read; a restart forgets everything."""
