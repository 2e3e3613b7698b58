"""Answers that are not sent twice: the same body is answered 304."""

import hashlib

from fastapi import Request, Response


def with_etag(request: Request, body: bytes, media_type: str, cache: str = "no-cache") -> Response:
    """The body, or 304 where the asker holds it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": cache, "Vary": "Cookie"}
    if etag in known_tags(request):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def known_tags(request: Request) -> set[str]:
    """What the asker holds. A compressing front weakens a tag: the comparison for GET is the weak one."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
