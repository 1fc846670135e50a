"""Every route of /storage/v1, the narrower before the wider: what is not here is not there."""

from shared.platform.storage.models import Bucket, Entry, Page, SignedAddress, StoredObject

from . import bucket_routes, object_routes, signed_routes
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
from .dispatch import Access, Route
from .object_routes import Information, Uploaded
from .signed_routes import Signed, SignedUpload

ROUTES = (
    Route("POST", "/bucket", bucket_routes.create_bucket, body=NewBucket),
    Route("GET", "/bucket", bucket_routes.list_buckets, query=BucketsQuery, result=list[Bucket]),
    Route("GET", "/bucket/{bucket}", bucket_routes.get_bucket, result=Bucket),
    Route("PUT", "/bucket/{bucket}", bucket_routes.update_bucket, body=BucketChanges),
    Route("DELETE", "/bucket/{bucket}", bucket_routes.delete_bucket),
    Route("POST", "/bucket/{bucket}/empty", bucket_routes.empty_bucket),
    Route("POST", "/object/list/{bucket}", object_routes.list_folder, body=FolderQuery, result=list[Entry]),
    Route("POST", "/object/list-v2/{bucket}", object_routes.list_page, body=PageQuery, result=Page),
    Route("POST", "/object/move", object_routes.move, body=Move),
    Route("POST", "/object/copy", object_routes.copy, body=Copy),
    Route("POST", "/object/sign/{bucket}", signed_routes.sign_many, body=SigningMany, result=list[SignedAddress]),
    Route("POST", "/object/sign/{bucket}/{name}", signed_routes.sign, body=Signing, result=Signed),
    Route("GET", "/object/sign/{bucket}/{name}", signed_routes.read_signed, Access.OPEN, query=TokenQuery),
    Route("POST", "/object/upload/sign/{bucket}/{name}", signed_routes.sign_upload, result=SignedUpload),
    Route(
        "PUT",
        "/object/upload/sign/{bucket}/{name}",
        signed_routes.upload_signed,
        Access.OPEN,
        query=TokenQuery,
        result=Uploaded,
        takes_bytes=True,
    ),
    Route("GET", "/object/info/public/{bucket}/{name}", object_routes.inform_public, Access.OPEN, result=Information),
    Route("GET", "/object/info/authenticated/{bucket}/{name}", object_routes.inform, result=Information),
    Route("GET", "/object/info/{bucket}/{name}", object_routes.inform, Access.PLAIN, result=Information),
    Route("GET", "/object/public/{bucket}/{name}", object_routes.read_public, Access.OPEN, query=ReadQuery),
    Route("GET", "/object/authenticated/{bucket}/{name}", object_routes.read, query=ReadQuery),
    Route("GET", "/object/{bucket}/{name}", object_routes.read, Access.PLAIN, query=ReadQuery),
    Route("POST", "/object/{bucket}/{name}", object_routes.upload, result=Uploaded, takes_bytes=True),
    Route("PUT", "/object/{bucket}/{name}", object_routes.replace, result=Uploaded, takes_bytes=True),
    Route("DELETE", "/object/{bucket}", object_routes.delete_many, body=Deletion, result=list[StoredObject]),
    Route("DELETE", "/object/{bucket}/{name}", object_routes.delete),
)
