"""The interface's one entry: a request in, its answer out."""

from .host import Host, Response
from .request import Incoming


async def answer(incoming: Incoming, host: Host) -> Response:
    """The answer, also to what is refused: a RestRefusal never leaves here."""
    raise NotImplementedError
