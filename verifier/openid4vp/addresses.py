"""Every address a relying party gives out, below its one public address, and who may be sent where.

Nothing here looks at a request: behind a proxy its host, port and scheme are those of another
machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from verifier.openid4vp.settings import Settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one relying party."""

    settings: Settings

    def request_uri(self, request: str) -> str:
        """Where a wallet fetches the question."""
        return f"{self.settings.public_url}/openid4vp/requests/{request}"

    def response_uri(self, request: str) -> str:
        """Where a wallet posts the answer."""
        return f"{self.settings.public_url}/openid4vp/responses/{request}"

    def way_back(self, request: str, return_url: str, code: str | None) -> str:
        """Where the wallet sends its browser: our own page, or the back end's address."""
        url = return_url or f"{self.settings.public_url}/done/{request}"
        parameters = {"request": request} if return_url else {}
        if code is not None:
            parameters["response_code"] = code
        mark = "&" if urlsplit(url).query else "?"
        return f"{url}{mark}{urlencode(parameters)}" if parameters else url

    def may_return(self, url: str) -> bool:
        """Tell whether a back end may name this way back: same origin, and below a set path."""
        return any(_is_below(url, prefix) for prefix in self.settings.return_urls)


def _is_below(url: str, prefix: str) -> bool:
    if not url.isascii() or any(mark in url for mark in "\\#\t\r\n ") or ".." in url:
        return False
    given, allowed = urlsplit(url), urlsplit(prefix)
    if (given.scheme, given.netloc) != (allowed.scheme, allowed.netloc):
        return False
    path = allowed.path.rstrip("/")
    return given.path == allowed.path or given.path.startswith(f"{path}/")
