"""Files of conversations: their type, where their bytes are, who may read them and for how long.

Owns media and media_tasks. Calls no other domain; the blob store keeps the bytes.

Routines in infra/schema/routines/media: erase_media, forget_media, keep_upload.
"""
