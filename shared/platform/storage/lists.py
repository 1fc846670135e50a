"""Lists of objects: a folder in pages by offset, or all names with a prefix in pages by cursor."""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from . import queries
from .callers import caller_tx
from .errors import StorageRefusal
from .models import Caller, Entry, FolderSearch, Order, Page, PagedEntry, PrefixSearch
from .names import checked_bucket

MOST_ENTRIES = 1500
MOST_PER_PAGE = 1000
_LAST = 0x10FFFF
_BEFORE_SURROGATES, _AFTER_SURROGATES = 0xD7FF, 0xE000


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last entry of a page, and the order of its list."""

    sort_by: str
    descending: bool
    name: str
    at: str | None


async def list_folder(caller: Caller, query: FolderSearch) -> list[Entry]:
    """Return a page of a folder; `search` ignores letter case.

    Raises:
        InvalidBucketName.
    """
    checked_bucket(query.bucket_id)
    folder = f"{query.name}/" if query.name and not query.name.endswith("/") else query.name
    query = query._replace(name=folder, limit=min(query.limit, MOST_ENTRIES))
    async with caller_tx(caller, read_only=True) as tx:
        return await queries.list_folder(tx, query=query, before=_after_all_of(folder))


async def list_page(caller: Caller, query: PrefixSearch) -> Page:
    """Return a page of names with the prefix; a cursor also sets the order.

    Raises:
        InvalidBucketName.
        StorageRefusal: the cursor is not one of ours.
    """
    checked_bucket(query.bucket_id)
    after = _decoded(query.cursor) if query.cursor else None
    order = Order(after.sort_by, after.descending) if after else query.order
    most = min(query.limit, MOST_PER_PAGE)
    async with caller_tx(caller, read_only=True) as tx:
        found = await queries.list_page(
            tx,
            query=query._replace(order=order, limit=most + 1),
            before=_after_all_of(query.prefix),
            after_name=after.name if after else None,
            after_at=after.at if after else None,
        )
    return _page(found[:most], order, has_next=len(found) > most)


def _page(entries: Sequence[PagedEntry], order: Order, *, has_next: bool) -> Page:
    last = entries[-1] if has_next else None
    return Page(
        has_next=has_next,
        folders=[
            {"name": entry.name, "created_at": entry.created_at, "updated_at": entry.updated_at}
            for entry in entries
            if entry.id is None
        ],
        objects=[
            {name: value for name, value in msgspec.structs.asdict(entry).items() if name != "at"}
            for entry in entries
            if entry.id is not None
        ],
        next_cursor=_encoded(order, last) if last else None,
        next_cursor_key=last.name if last else None,
    )


def _encoded(order: Order, last: PagedEntry) -> str:
    at = last.at.isoformat() if last.at else None
    cursor = _Cursor(order.sort_by, order.descending, last.name, at)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def _decoded(cursor: str) -> _Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=_Cursor)
    except (msgspec.DecodeError, binascii.Error, ValueError) as fault:
        raise StorageRefusal("Invalid Parameter cursor") from fault


def _after_all_of(prefix: str) -> str | None:
    """Return the first text, by its bytes, after all texts with the prefix; None if there is none."""
    stem = prefix.rstrip(chr(_LAST))
    if not stem:
        return None
    last = ord(stem[-1])
    return stem[:-1] + chr(_AFTER_SURROGATES if last == _BEFORE_SURROGATES else last + 1)
