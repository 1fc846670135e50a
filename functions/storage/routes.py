"""Every route of /storage/v1, specific ones before general ones."""

from collections.abc import Sequence

from shared.edge import Call
from shared.edge.documentation import BYTES, Description, Documentation, Schema
from shared.edge.routing import Route, Routes, open_to_all
from shared.kernel.errors import Refusal
from shared.platform.storage.errors import NoSuchRoute
from shared.platform.storage.models import Bucket, Entry, Page, SignedAddress, StoredObject

from . import bucket_routes, object_routes, signed_routes
from .access import caller, reader
from .bodies import (
    BucketChanges,
    BucketsQuery,
    Copy,
    Deletion,
    FolderQuery,
    Move,
    NewBucket,
    PageQuery,
    ReadQuery,
    Signing,
    SigningMany,
    TokenQuery,
)
from .errors import SHAPE
from .object_routes import Information, Uploaded
from .signed_routes import Signed, SignedUpload

_FORM: Schema = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "cacheControl": {"type": "string", "description": "Seconds."},
        "metadata": {"type": "string", "description": "A JSON object."},
    },
}
_UPLOAD = Description(takes={"*/*": BYTES, "multipart/form-data": _FORM})
_FILE = Description(media_type="*/*")
_DOCUMENTATION = Documentation(
    error=SHAPE,
    path={
        "bucket": {"schema": {"type": "string", "maxLength": 100}},
        "name": {
            "description": "The object's name, with its folders: slashes stay as they are.",
            "schema": {"type": "string", "maxLength": 1024},
        },
    },
    body_prefix="Storage",
    result_prefix="Storage",
)

_ROUTES = (
    Route("POST", "/bucket", bucket_routes.create_bucket, caller, body=NewBucket),
    Route("GET", "/bucket", bucket_routes.list_buckets, caller, query=BucketsQuery, result=list[Bucket]),
    Route("GET", "/bucket/{bucket}", bucket_routes.get_bucket, caller, result=Bucket),
    Route("PUT", "/bucket/{bucket}", bucket_routes.update_bucket, caller, body=BucketChanges),
    Route("DELETE", "/bucket/{bucket}", bucket_routes.delete_bucket, caller),
    Route("POST", "/bucket/{bucket}/empty", bucket_routes.empty_bucket, caller),
    Route("POST", "/object/list/{bucket}", object_routes.list_folder, caller, body=FolderQuery, result=list[Entry]),
    Route("POST", "/object/list-v2/{bucket}", object_routes.list_page, caller, body=PageQuery, result=Page),
    Route("POST", "/object/move", object_routes.move, caller, body=Move),
    Route("POST", "/object/copy", object_routes.copy, caller, body=Copy),
    Route(
        "POST", "/object/sign/{bucket}", signed_routes.sign_many, caller, body=SigningMany, result=list[SignedAddress]
    ),
    Route("POST", "/object/sign/{bucket}/{name:path}", signed_routes.sign, caller, body=Signing, result=Signed),
    Route(
        "GET",
        "/object/sign/{bucket}/{name:path}",
        signed_routes.read_signed,
        open_to_all,
        query=TokenQuery,
        described=_FILE,
    ),
    Route("POST", "/object/upload/sign/{bucket}/{name:path}", signed_routes.sign_upload, caller, result=SignedUpload),
    Route(
        "PUT",
        "/object/upload/sign/{bucket}/{name:path}",
        signed_routes.upload_signed,
        open_to_all,
        query=TokenQuery,
        result=Uploaded,
        described=_UPLOAD,
    ),
    Route(
        "GET", "/object/info/public/{bucket}/{name:path}", object_routes.inform_public, open_to_all, result=Information
    ),
    Route(
        "GET",
        "/object/info/authenticated/{bucket}/{name:path}",
        object_routes.inform,
        caller,
        result=Information,
        described=Description(name="inform-authenticated"),
    ),
    Route("GET", "/object/info/{bucket}/{name:path}", object_routes.inform, reader, result=Information),
    Route(
        "GET",
        "/object/public/{bucket}/{name:path}",
        object_routes.read_public,
        open_to_all,
        query=ReadQuery,
        described=_FILE,
    ),
    Route(
        "GET",
        "/object/authenticated/{bucket}/{name:path}",
        object_routes.read,
        caller,
        query=ReadQuery,
        described=Description(name="read-authenticated", media_type="*/*"),
    ),
    Route("GET", "/object/{bucket}/{name:path}", object_routes.read, reader, query=ReadQuery, described=_FILE),
    Route("POST", "/object/{bucket}/{name:path}", object_routes.upload, caller, result=Uploaded, described=_UPLOAD),
    Route("PUT", "/object/{bucket}/{name:path}", object_routes.replace, caller, result=Uploaded, described=_UPLOAD),
    Route("DELETE", "/object/{bucket}", object_routes.delete_many, caller, body=Deletion, result=list[StoredObject]),
    Route("DELETE", "/object/{bucket}/{name:path}", object_routes.delete, caller),
)


def _refusal(_call: Call, _path: str, _allowed: Sequence[str]) -> Refusal:
    """Return the refusal of Supabase Storage for every path and method without a route."""
    return NoSuchRoute()


ROUTES = Routes("/storage/v1", _ROUTES, _refusal, documentation=_DOCUMENTATION)
