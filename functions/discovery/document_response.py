"""A document as a response: hosts filled in once, an ETag, and no body for a reader who has it already."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.responses import Response

from shared.runtime.settings import settings

from .table import Document

FOLDER = Path(__file__).parent / "documents"
BASE, DOCS, PRICING = (f"https://{what}.nexus.invalid" for what in ("base", "docs", "pricing"))
SETTINGS = {BASE: "base_url", DOCS: "docs_url", PRICING: "pricing_url"}
"""Placeholders in the documents, and the setting that replaces each."""
_MAX_AGE_S = 300


class RenderedDocument(NamedTuple):
    body: bytes
    etag: str


def document_response(document: Document, *, known: str) -> Response:
    """Return the document, or 304 when `known` (If-None-Match) has its ETag."""
    rendered = _rendered(document.file)
    headers = {"ETag": rendered.etag, "Cache-Control": f"public, max-age={_MAX_AGE_S}", "Vary": "Accept"}
    if rendered.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(rendered.body, headers=headers, media_type=document.media_type)


@cache
def _rendered(file: str) -> RenderedDocument:
    body = (FOLDER / file).read_bytes()
    for placeholder, setting in SETTINGS.items():
        body = body.replace(placeholder.encode(), getattr(settings(), setting).rstrip("/").encode())
    return RenderedDocument(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
