"""The resident's part when a foreign wallet asks with the authorization code grant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

import requests

from samples.phone import approval

if TYPE_CHECKING:
    import subprocess

    from tests.interop.clients import Wallet


@dataclass
class Asking:
    """A wallet that was started with an offer and waits for its browser to come back."""

    wallet: Wallet
    process: subprocess.Popen[str]

    def decide(self, decision: Callable[[str, str], object]) -> None:
        """Open the page, decide by (request, number on the page), let the browser go back."""
        page = self._address()
        with requests.Session() as browser:
            shown = browser.get(page, timeout=10)
            assert shown.status_code == 200
            link = unescape(re.findall(r'href="(ikd-wallet:[^"]+)"', shown.text)[0])
            number = re.findall(r'class="number"[^>]*>(\d{3})<', shown.text)[0]
            request = approval.read_link(link)
            decision(request, number)
            back = f"{page.partition('?')[0]}/{request}/continue"
            assert browser.get(back, timeout=10).text == "Done: go back to the wallet."

    def finish(self) -> Any:
        """Return what the wallet tells in the end; RefusedError as `Wallet.finish`."""
        return self.wallet.finish(self.process)

    def _address(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"http://\S+/openid/authorize\S*", line):
                return found[0]
        raise AssertionError(self.process.communicate())
