"""Bodies and queries of the routes. Unknown names are ignored, as in Supabase Storage."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

_BIGGEST = 2**53

Size = Annotated[
    Annotated[StrictInt, Field(ge=0, le=_BIGGEST)] | Annotated[str, Field(max_length=40)] | None,
    Field(description="Bytes, or a text such as 20MB."),
]
MimeTypes = Annotated[
    list[Annotated[str, Field(max_length=255)]] | None, Field(max_length=200, description="image/* is every image.")
]
Name = Annotated[str, Field(max_length=1024)]


_DIGITS = re.compile(r"\d{1,12}", re.ASCII)


def whole_number(value: Any) -> Any:
    """Convert a number such as 60.0, or digits as the Python client sends them; leave True for validation to refuse."""
    if (isinstance(value, str) and _DIGITS.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return value


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewBucket(_Body):
    name: Annotated[str, Field(max_length=255)]
    id: Annotated[str | None, Field(max_length=255, description="Default: the name.")] = None
    public: StrictBool = False
    file_size_limit: Size = None
    allowed_mime_types: MimeTypes = None


class BucketChanges(_Body):
    """Absent fields stay as they are; null removes a limit."""

    public: StrictBool = False
    file_size_limit: Size = None
    allowed_mime_types: MimeTypes = None


class BucketsQuery(_Body):
    limit: Annotated[int | None, Field(ge=1, le=_BIGGEST)] = None
    offset: Annotated[int, Field(ge=0, le=_BIGGEST)] = 0
    sort_column: Annotated[Literal["id", "name", "created_at", "updated_at"], Field(alias="sortColumn")] = "name"
    sort_order: Annotated[Literal["asc", "desc"], Field(alias="sortOrder")] = "asc"
    search: Annotated[str, Field(max_length=255)] = ""


class Deletion(_Body):
    prefixes: Annotated[list[Name], Field(min_length=1, max_length=1000, description="Full names of objects.")]


class SortBy(_Body):
    column: Literal["name", "updated_at", "created_at", "last_accessed_at"] = "name"
    order: Literal["asc", "desc"] | None = None


class FolderQuery(_Body):
    prefix: Annotated[str, Field(max_length=1024, description="The folder; empty for the bucket itself.")]
    limit: Annotated[StrictInt, Field(ge=1, le=_BIGGEST)] = 100
    offset: Annotated[StrictInt, Field(ge=0, le=_BIGGEST)] = 0
    sort_by: Annotated[SortBy | None, Field(alias="sortBy")] = None
    search: Annotated[str | None, Field(max_length=1024)] = None


class PageSortBy(_Body):
    column: Literal["name", "updated_at", "created_at"] = "name"
    order: Literal["asc", "desc"] | None = None


class PageQuery(_Body):
    prefix: Annotated[str | None, Field(max_length=1024)] = None
    limit: Annotated[StrictInt | None, Field(ge=1, le=_BIGGEST)] = None
    cursor: Annotated[str | None, Field(max_length=8192)] = None
    with_delimiter: StrictBool = False
    sort_by: Annotated[PageSortBy | None, Field(alias="sortBy")] = None


class Move(_Body):
    bucket: Annotated[str, Field(alias="bucketId", max_length=255)]
    source: Annotated[Name, Field(alias="sourceKey")]
    destination: Annotated[Name, Field(alias="destinationKey")]
    destination_bucket: Annotated[
        str | None, Field(alias="destinationBucket", max_length=255, description="Default: the same bucket.")
    ] = None


class CopiedMetadata(_Body):
    cache_control: Annotated[str | None, Field(alias="cacheControl", max_length=255)] = None
    mimetype: Annotated[str | None, Field(max_length=255)] = None


class Copy(Move):
    copy_metadata: Annotated[StrictBool, Field(alias="copyMetadata")] = True
    metadata: CopiedMetadata | None = None


class Signing(_Body):
    expires_in: Annotated[
        StrictInt,
        BeforeValidator(whole_number),
        Field(alias="expiresIn", ge=1, le=10 * 365 * 86_400, description="Seconds."),
    ]


class SigningMany(Signing):
    paths: Annotated[list[Name], Field(min_length=1, max_length=1000)]


class ReadQuery(_Body):
    download: Annotated[
        str | None, Field(max_length=1024, description="Makes it a download, under that name if one is given.")
    ] = None


class TokenQuery(ReadQuery):
    token: Annotated[str, Field(max_length=8192, pattern=r"^[A-Za-z0-9_.-]*$")]
