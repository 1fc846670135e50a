"""POST /functions/v1/whatsapp-status-webhook: meta-webhook under the name that some apps use for statuses."""

from shared.edge import alias

handler = alias(__doc__, of="meta_webhook")
