"""Channels: an organization's numbers and pages, with their access, health, templates, people's names and files.

Owns channel_accounts, message_templates and channel_identities. Calls the Graph API, and media for the files that come
by a channel; contacts are named by a function of the database.

Routines in infra/schema/routines/channels: ask_for_profile, change_identity, move_identities, name_person,
remember_ids.
"""
