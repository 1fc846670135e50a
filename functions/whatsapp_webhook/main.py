"""POST /functions/v1/whatsapp-webhook: meta-webhook under the name that some WhatsApp apps are configured with."""

from shared.edge import alias

handler = alias(__doc__, of="meta_webhook")
