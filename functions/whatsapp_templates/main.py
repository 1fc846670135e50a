"""GET /functions/v1/whatsapp-templates: whatsapp-get-templates under a shorter name."""

from shared.edge import alias

handler = alias(__doc__, of="whatsapp_get_templates")
