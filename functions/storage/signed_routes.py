"""The routes of signed addresses, whose token carries the right."""

from datetime import UTC, datetime

import msgspec
from starlette.responses import Response

from shared.edge import Call
from shared.platform.storage import links, objects
from shared.platform.storage.errors import hide_from_strangers
from shared.platform.storage.makers import caller_of_maker
from shared.platform.storage.models import SignedAddress, Target

from .access import StorageContext, counted
from .bodies import Signing, SigningMany, TokenQuery
from .download import Download, download
from .object_routes import Uploaded, is_upsert, put_up


class Signed(msgspec.Struct, frozen=True):
    """Relative to /storage/v1."""

    signed_url: str = msgspec.field(name="signedURL")


class SignedUpload(msgspec.Struct, frozen=True):
    """`url` is relative to /storage/v1 and contains the token."""

    url: str
    token: str


async def sign(context: StorageContext, *, bucket: str, name: str, body: Signing) -> Signed:
    """Create an address at which anybody can read the object for a limited time."""
    return Signed(await links.sign(context.caller, bucket_id=bucket, name=name, expires_in=body.expires_in))


async def sign_many(context: StorageContext, *, bucket: str, body: SigningMany) -> list[SignedAddress]:
    """Create addresses of several objects; those that the caller cannot read have an error instead."""
    return await links.sign_many(context.caller, bucket_id=bucket, names=body.paths, expires_in=body.expires_in)


async def read_signed(call: Call, *, bucket: str, name: str, query: TokenQuery) -> Response:
    """Read the object of the token, as long as its maker may read it."""
    claims = links.verify_download(query.token, bucket_id=bucket, name=name)
    maker = caller_of_maker(claims.maker, call.request_id, made_at=claims.iat)
    with hide_from_strangers():
        found = await objects.find_object(maker, bucket_id=bucket, name=name)
    expires = datetime.fromtimestamp(claims.exp, UTC)
    return await download(call.request, found, Download(query.download, expires))


async def sign_upload(context: StorageContext, *, bucket: str, name: str) -> SignedUpload:
    """Create an address at which anybody can upload the object, once within two hours."""
    target = Target(bucket, name, context.caller.owner, is_upsert(context.call))
    return SignedUpload(*await links.sign_upload(context.caller, target))


async def upload_signed(call: Call, *, bucket: str, name: str, query: TokenQuery) -> Uploaded:
    """Upload the object of the token on behalf of its maker, once, as one of their calls."""
    target, claims = links.verify_upload(query.token, bucket_id=bucket, name=name)
    caller = caller_of_maker(claims.maker, call.request_id, made_at=claims.iat)
    caller = await counted(caller.principal, call)
    with hide_from_strangers():
        return await put_up(call, caller, target)
