"""The display's page and the frame it asks for. Open: everybody may see it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from enrolment_kiosk.clock import NAMED_DRIFT_SECONDS
from enrolment_kiosk.texts import both_languages
from enrolment_kiosk.web.state import Kiosk


def named_drift(kiosk: Kiosk) -> float | None:
    """Return the drift in whole seconds when it is worth naming, else None."""
    drift = kiosk.clock.drift
    return round(drift) if drift is not None and abs(drift) > NAMED_DRIFT_SECONDS else None


def display_pages(kiosk: Kiosk) -> Blueprint:
    """Return /display and /display/frame."""
    pages = Blueprint("display", __name__)

    @pages.get("/display")
    def show() -> str:
        return render_template(
            "display.html", settings=kiosk.settings, texts=both_languages("display_")
        )

    @pages.get("/display/frame")
    def frame() -> Response:
        drawn = kiosk.display.find_frame()
        now = kiosk.clock.now()
        document: dict[str, object] = {
            "open": drawn is not None,
            "office": kiosk.settings.office.name,
            "counter": kiosk.settings.name,
            "online": kiosk.client.online is not False,
            "clock_checked": kiosk.clock.is_checked and not kiosk.heartbeat.is_refused,
            "drift": named_drift(kiosk),
        }
        if drawn is not None:
            document |= {
                "seq": drawn.seq,
                "svg": drawn.svg,
                "period": kiosk.display.rotate_seconds,
                "seconds_left": max(0.0, drawn.next_at - now),
            }
        return jsonify(document)

    return pages
