"""GET /functions/v1/agent-usage: show the plan, what is used and left, warnings, and what the next plan adds."""

from shared.edge import MEMBERS, Call, endpoint
from shared.quotas import service
from shared.quotas.models import UsageReport


@endpoint(tag="Agents", method="GET", access=MEMBERS, scope="read", tx="read")
async def handler(call: Call) -> UsageReport:
    return await service.report_usage(call.tx, calls_today=call.calls_today or 0)
