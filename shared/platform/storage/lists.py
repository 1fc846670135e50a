"""Lists of objects: a folder in pages by number, or all names with a prefix in pages that go on where one ended."""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from . import queries
from .callers import caller_tx
from .errors import StorageRefusal
from .models import Beginning, Caller, Entry, Folder, Order, Page, PagedEntry
from .names import checked_bucket

MOST_ENTRIES = 1500
MOST_PER_PAGE = 1000
_LAST = 0x10FFFF
_BEFORE_SURROGATES, _AFTER_SURROGATES = 0xD7FF, 0xE000


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The entry that the next page begins after, in the order that it was listed in."""

    sort_by: str
    descending: bool
    name: str
    at: str | None


async def list_folder(caller: Caller, asked: Folder) -> list[Entry]:
    """`search` passes over letter case.

    Raises:
        InvalidBucketName.
    """
    checked_bucket(asked.bucket_id)
    within = f"{asked.name}/" if asked.name and not asked.name.endswith("/") else asked.name
    chosen = asked._replace(name=within, limit=min(asked.limit, MOST_ENTRIES))
    async with caller_tx(caller, read_only=True) as tx:
        return await queries.list_folder(tx, asked=chosen, before=_after_all_of(within))


async def list_page(caller: Caller, asked: Beginning) -> Page:
    """A page, which goes on in its cursor's order where there is a cursor.

    Raises:
        InvalidBucketName.
        StorageRefusal: the cursor is none of ours.
    """
    checked_bucket(asked.bucket_id)
    after = _decoded(asked.cursor) if asked.cursor else None
    order = Order(after.sort_by, after.descending) if after else asked.order
    most = min(asked.limit, MOST_PER_PAGE)
    async with caller_tx(caller, read_only=True) as tx:
        found = await queries.list_page(
            tx,
            asked=asked._replace(order=order, limit=most + 1),
            before=_after_all_of(asked.prefix),
            after_name=after.name if after else None,
            after_at=after.at if after else None,
        )
    return _page(found[:most], order, has_next=len(found) > most)


def _page(entries: Sequence[PagedEntry], order: Order, *, has_next: bool) -> Page:
    last = entries[-1] if has_next else None
    return Page(
        has_next=has_next,
        folders=[
            {"name": each.name, "created_at": each.created_at, "updated_at": each.updated_at}
            for each in entries
            if each.id is None
        ],
        objects=[
            {name: value for name, value in msgspec.structs.asdict(each).items() if name != "at"}
            for each in entries
            if each.id is not None
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
    """The first text, by its bytes, after every one that begins with the prefix; None where none is."""
    kept = prefix.rstrip(chr(_LAST))
    if not kept:
        return None
    last = ord(kept[-1])
    return kept[:-1] + chr(_AFTER_SURROGATES if last == _BEFORE_SURROGATES else last + 1)
