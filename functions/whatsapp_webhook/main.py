"""POST /functions/v1/whatsapp-webhook: meta-webhook under the name that WhatsApp apps were set up with."""

from shared.edge import alias

handler = alias(__doc__, of="meta_webhook")
