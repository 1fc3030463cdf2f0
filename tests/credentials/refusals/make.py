"""Write the refusal vectors anew: `python -m tests.credentials.refusals.make`.

They are kept as files because that is how other implementations can use them, and because a change
of ours that lets one of them pass must not change the vector with it. Keys and signatures are new
in each run.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable

from tests.credentials.made import NOW, VECTORS
from tests.credentials.refusals import cases_device, cases_jose, cases_jwe, cases_mdoc, cases_sd_jwt
from tests.credentials.refusals.reading import Case, Setting
from tests.credentials.sd_jwt.issuing import AUDIENCE, NONCE, ROOT, STATUS

FOLDER = VECTORS / "refusals"
SETTING = Setting(
    now=NOW,
    anchors=(b64encode(ROOT).decode(),),
    audience=AUDIENCE,
    nonce=NONCE,
    status_uri=STATUS.uri,
    transcript=cases_device.TRANSCRIPT.hex(),
)


def files() -> dict[str, Iterable[Case]]:
    """Return the cases by file name."""
    return {
        "headers": cases_jose.headers(),
        "chains": cases_jose.chains(),
        "frames": cases_jose.frames(),
        "claims": cases_jose.claims(),
        "disclosures": cases_sd_jwt.disclosures(),
        "key_bindings": cases_sd_jwt.bindings(),
        "mdocs": cases_mdoc.issued(),
        "device_responses": cases_device.presented(),
        "status_lists": cases_device.lists(),
        "encrypted": cases_jwe.encrypted(),
    }


def main() -> None:
    """Write one JSON file for each kind."""
    FOLDER.mkdir(exist_ok=True)
    for name, cases in files().items():
        document = {"setting": SETTING.encode(), "cases": [case.encode() for case in cases]}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
