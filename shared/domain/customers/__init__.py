"""Contacts, by what they are recognised, and the stages, sources and labels they are sorted by.

Owns customers, customer_identities, customer_journey_stages, lead_sources, labels and customer_labels; reads
organizations. Calls no other domain.
"""
