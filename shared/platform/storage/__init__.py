"""Buckets and objects, by the names and rules of Supabase Storage: a row under policies, and its bytes.

Owns storage.buckets, storage.objects, storage.spent_links and storage.blobs_to_erase.
Calls tenancy and runtime; the blob store keeps the bytes under an object's version.

Routines in infra/schema/platform/storage: extension, filename, foldername, settle_blobs, spend_link,
update_updated_at_column.
"""
