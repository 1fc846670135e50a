"""POST /functions/v1/wa-send: whatsapp-send-message under a shorter name."""

from shared.edge import alias

handler = alias(__doc__, of="whatsapp_send_message")
