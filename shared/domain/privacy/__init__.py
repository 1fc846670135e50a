"""Privacy requests: the export of all that is known of a person, and its erasure.

Owns audit_values; reads contacts, orders, conversations, messages, files and the trail. Calls no service: the database
erases, in one transaction.

Routines in infra/schema/routines/privacy: chats_of, deleted_contacts, erase_bodies, erase_contact, erase_files,
erase_known, erase_orders, erase_person, erase_raw, erase_values, former_names, groups_of, is_named_in, is_of_account,
merged_contacts, names_of, orders_once_of, record_export, record_person_export, said_in_groups, spellings, threads_of.
"""
