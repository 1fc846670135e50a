"""Contacts, the identities by which they are recognised, and the stages, sources and labels that sort them.

Owns customers, customer_identities, customer_journey_stages, lead_sources, labels and customer_labels; reads
organizations. Calls no other domain.

Routines in infra/schema/routines/customers: add_to_contact, check_contact_assignee, claim_identity, ensure_contact,
keep_identities, merge_contacts, move_contact_phone, read_identities, seed_customer_choices.
"""
