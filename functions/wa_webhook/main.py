"""POST /functions/v1/wa-webhook: meta-webhook under a short name that some apps are configured with."""

from shared.edge import alias

handler = alias(__doc__, of="meta_webhook")
