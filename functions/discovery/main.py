"""GET / and the documents an agent begins with: what Nexus is, how to get in, and every function in OpenAPI.

`python -m infra.documents` writes them, with placeholders for hosts, which the answer fills from the settings.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.kernel.errors import MethodNotAllowed, NotFound
from shared.quotas.rates import PUBLIC

from .served import served
from .table import DOCUMENTS, WELCOME_PAGE, Document

_METHODS = ["GET", "HEAD"]


class NoSuchPath(NotFound):
    default_message = "nothing answers this path; /openapi.json lists what there is, /llms.txt says where to begin"


@surface(tag="Agents", access=ANYONE, rate=PUBLIC)
async def handler(call: Call) -> Response:
    path = call.request.url.path
    document = _chosen(path if path == "/" else path.removesuffix("/"), call.request.headers.get("accept", ""))
    if document is None:
        raise NoSuchPath
    if call.request.method not in _METHODS:
        raise MethodNotAllowed(f"{path} answers GET", allowed=_METHODS)
    return served(document, known=call.request.headers.get("if-none-match", ""))


def _chosen(path: str, accept: str) -> Document | None:
    """A browser gets the first page as HTML."""
    return WELCOME_PAGE if path == "/" and "text/html" in accept else DOCUMENTS.get(path)
