"""POST /functions/v1/send-mail: send the waiting mails, every second."""

from shared.edge import Call, cron
from shared.platform.accounts.mail import delivery
from shared.platform.accounts.mail.delivery import Sent


@cron(every_s=1)
async def handler(call: Call) -> Sent:
    return await delivery.send_waiting(request_id=call.request_id)
