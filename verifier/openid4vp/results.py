"""Who learns what of a request: the browser that started it, and the bank's back end.

A result is released to the browser that started the request, against the response code, once. On
another device that browser gets the code by asking with its cookie. On the same device it does
not: there only the wallet's redirect brings it, so that a link sent to somebody else gives the
sender nothing (OpenID4VP 1.0 section 14.2, session fixation).
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass

from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.exchange import RESULT, RelyingParty
from verifier.openid4vp.store import RequestRow


@dataclass(frozen=True, slots=True)
class Results:
    """Hands out standings and results of one relying party's requests."""

    party: RelyingParty

    def progress(self, request: str, *, browser: str) -> dict[str, object]:
        """Tell the browser that started a request how it stands; Rejected("REQUEST_UNKNOWN").

        On another device the answer to "verified" brings the response code.
        """
        row = self._row_of(request, browser)
        document = self._standing(row)
        if row.state == "verified" and row.flow == "cross_device" and row.released_at is None:
            document["response_code"] = self.party.seal.response_code(row.id)
        return document

    def redeem(self, request: str, *, browser: str, code: str) -> dict[str, object]:
        """Return the result against the response code, once, to the browser that started it.

        Rejected: REQUEST_UNKNOWN (also for another browser), RESPONSE_CODE, NOT_VERIFIED,
        ALREADY_RELEASED.
        """
        row = self._row_of(request, browser)
        if not self._is_code(row, code):
            raise Rejected("RESPONSE_CODE", status=403)
        if row.state != "verified":
            raise Rejected("NOT_VERIFIED", status=409)
        if not self.party.store.release(request, self.party.clock()):
            raise Rejected("ALREADY_RELEASED", status=409)
        return self._result(row)

    def report(self, request: str, *, code: str | None = None) -> dict[str, object]:
        """Return standing and result to the back end, which has shown its key.

        Of a request on the same device the result needs the response code too, or that the browser
        has redeemed it: whoever only started the request must not get somebody else's data.
        """
        row = self.party.store.find(request)
        if row is None:
            raise Rejected("REQUEST_UNKNOWN", status=404)
        document = self._standing(row)
        if row.state != "verified":
            return document
        if code is not None and not self._is_code(row, code):
            raise Rejected("RESPONSE_CODE", status=403)
        if row.flow == "same_device" and row.released_at is None:
            if code is None:
                return document | {"response_code_required": True}
            self.party.store.release(request, self.party.clock())
        return document | {"result": self._result(row)}

    def belongs(self, request: str, browser: str) -> bool:
        """Tell whether this browser started the request."""
        row = self.party.store.find(request)
        return row is not None and self._is_browser(row, browser)

    def _standing(self, row: RequestRow) -> dict[str, object]:
        expired = row.state == "open" and row.expires_at <= self.party.clock()
        waiting = "fetched" if row.fetched_at is not None else "waiting"
        state = row.state if row.state != "open" else "expired" if expired else waiting
        document: dict[str, object] = {"id": row.id, "state": state, "flow": row.flow}
        document |= {"expires_in": max(0, row.expires_at - self.party.clock())}
        return document | ({"code": row.code} if row.code else {})

    def _row_of(self, request: str, browser: str) -> RequestRow:
        row = self.party.store.find(request)
        if row is None or not self._is_browser(row, browser):
            raise Rejected("REQUEST_UNKNOWN", status=404)
        return row

    def _is_browser(self, row: RequestRow, browser: str) -> bool:
        return row.browser is not None and hmac.compare_digest(
            row.browser, self.party.seal.browser_tag(browser)
        )

    def _is_code(self, row: RequestRow, code: str) -> bool:
        return code.isascii() and hmac.compare_digest(code, self.party.seal.response_code(row.id))

    def _result(self, row: RequestRow) -> dict[str, object]:
        over = self.party.clock() - self.party.settings.keep_seconds
        if row.sealed_result is None or row.ended_at is None or row.ended_at < over:
            raise Rejected("REQUEST_UNKNOWN", status=404)  # also when nobody deleted it yet
        data = self.party.seal.open(row.sealed_result, request=row.id, purpose=RESULT)
        result: dict[str, object] = json.loads(data)
        return result
