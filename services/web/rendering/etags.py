"""Answers that are not sent twice: who holds the same already is answered 304."""

import hashlib

from fastapi import Request, Response


def with_etag(request: Request, body: bytes, media_type: str, cache: str = "no-cache") -> Response:
    """The body, or 304 where the asker holds it already."""
    etag = hashlib.sha256(body).hexdigest()[:20]
    if is_known(request, etag):
        return unchanged(etag, cache)
    return Response(body, media_type=media_type, headers=headers_for(etag, cache))


def is_known(request: Request, etag: str) -> bool:
    """Whether the asker holds it. A compressing front weakens a tag: the comparison for GET is the weak one."""
    known = request.headers.get("if-none-match", "").split(",")
    return f'"{etag}"' in {tag.strip().removeprefix("W/") for tag in known}


def unchanged(etag: str, cache: str = "no-cache") -> Response:
    return Response(status_code=304, headers=headers_for(etag, cache))


def headers_for(etag: str, cache: str = "no-cache") -> dict[str, str]:
    return {"ETag": f'"{etag}"', "Cache-Control": cache, "Vary": "Cookie"}
