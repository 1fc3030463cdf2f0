"""Each command of the phone: a few lines around the journey's functions."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from credentials.catalogue import Catalogue
from samples.phone import approval, capture, counter, enrolment, present, requesters, wallet
from samples.phone.arguments import DEFAULT_API, build_parser
from samples.phone.camera import Camera, FolderCamera
from samples.phone.clock import PhoneClock
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.outbox import codes_from_outbox
from samples.phone.screens import Screen
from samples.phone.store import Home


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when the person has to do something, 2 for usage."""
    args = build_parser().parse_args(arguments)
    home = Home(args.home)
    language = args.lang or "id"
    try:
        if not args.lang and home.exists():
            language = home.load().language
        COMMANDS[args.command](args, home, Screen(language))
    except PhoneError as error:
        return _complain(error, language)
    except BrokenPipeError:  # `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        file = error.filename or args.home
        return _complain(PhoneError("FILE_FAILED", file=file, reason=error.strerror), language)
    except KeyboardInterrupt:
        return 130
    return 0


def _complain(error: PhoneError, language: str) -> int:
    print(error.explain(language), file=sys.stderr)
    return 1


def run_enrol(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Begin, and wait until the registry was asked."""
    phone, _ = enrolment.enrol(
        home,
        api_url=args.api or DEFAULT_API,
        nik=args.nik,
        email=args.email,
        phone=args.phone,
        language=screen.language,
    )
    screen.show_status(enrolment.wait_while(phone, "wait"))


def run_contact(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Send the codes, or have new ones sent."""
    phone = _open(args, home, screen)
    if args.resend:
        screen.show_status(enrolment.resend_codes(phone, ["email", "sms"]))
        return
    codes = {"email_code": args.email_code, "sms_code": args.sms_code}
    if args.outbox:
        codes = codes_from_outbox(args.outbox, email=phone.state.email, number=phone.state.phone)
    enrolment.verify_contact(phone, **codes)
    screen.show_status(enrolment.wait_while(phone, "wait"))


def run_face(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Follow the prompts of a capture, or choose the officer."""
    phone = _open(args, home, screen)
    if args.office:
        screen.show_status(enrolment.choose_office_for_face(phone, args.office))
        return
    status = capture.verify_face(phone, _camera(args, phone, screen), tell=screen.tell)
    screen.show_status(status)


def _camera(args: argparse.Namespace, phone: Phone, screen: Screen) -> Camera:
    limit = phone.home.policy()["face"]["frame_max_bytes"]
    used = capture.promised(phone)
    if args.folder:
        return FolderCamera(args.folder, limit=limit, used=used)
    if args.camera:
        from samples.phone.coach import CoachingCamera

        return CoachingCamera(args.camera, limit=limit, used=used, screen=screen)
    raise PhoneError("CHOOSE_CAMERA")


def run_pin(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Choose the PIN."""
    phone = _open(args, home, screen)
    screen.show_status(enrolment.set_pin(phone, screen.ask_pin(args.pin, twice=True)))


def run_scan(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Scan, check the kiosk, claim at once, ask, confirm, show the number."""
    phone = _open(args, home, screen)
    text = args.text or _scanned(args)
    counter.check_kiosk(phone, text)
    screen.show_counter(counter.claim(phone, text))
    screen.ask_sure(given=args.yes)
    screen.show_status(counter.confirm(phone, screen.ask_pin(args.pin)))


def run_status(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Say what comes next."""
    screen.show_status(enrolment.get_status(_open(args, home, screen)))


def run_cancel(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """End the enrolment."""
    screen.show_status(enrolment.cancel(_open(args, home, screen)))


def run_receive(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Fetch the documents."""
    phone = _open(args, home, screen)
    if not phone.state.wallet:
        enrolment.get_status(phone)  # the officer may have confirmed since
    session = wallet.open_session(phone, screen.ask_pin(args.pin))
    received = wallet.receive(phone, session, args.types)
    _learn_requesters(phone)
    screen.say("received")
    screen.show_cards(received)


def run_cards(_args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """List what is held."""
    home.load()
    screen.show_cards(home.credentials())


def run_present(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Show a document; no network."""
    state = home.load()
    clock = PhoneClock(timedelta(seconds=state.clock_offset))
    challenge = None
    asked = args.challenge or (_scanned_challenge(args.scan) if args.scan else None)
    if asked:
        question = requesters.read_question(home, asked, now=clock.now())
        challenge = question.challenge
        held = present.find_credential(home, profile_number=challenge.profile)
        fields = requesters.told_fields(held, _catalogue, screen.language)
        screen.show_question(question, f"{held.type}/{held.profile}", fields, clock.now())
        screen.ask_sure(given=args.yes, question="sure_answer", declined="NOT_ANSWERED")
    else:
        held = present.find_credential(
            home, type_name=args.type, profile=args.profile, part=args.part
        )
    if args.watch:
        _watch(home, clock, held, screen)
        return
    text = present.sign_now(home, clock, held, challenge)
    if args.png or args.card:
        _draw(text, args, screen)
    else:
        print(text)


def _scanned_challenge(source: str) -> str:
    from samples.phone.scanning import scan_challenge

    return scan_challenge(source)


def _catalogue() -> Catalogue:
    from samples import card

    return card.load_catalogue()


def run_requesters(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Fetch who may ask."""
    screen.show_requesters(requesters.fetch(_open(args, home, screen)))


def run_approve(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Show who asks for what, then approve with the PIN, or refuse."""
    request = approval.read_link(args.link)
    phone = _open(args, home, screen)
    asked = approval.look(phone, request)
    screen.show_request(asked)
    if args.refuse:
        approval.decide(phone, request, asked["number"], "refuse")
        screen.say("refused")
        return
    screen.ask_sure(given=args.yes, question="sure_asked", declined="NOT_APPROVED")
    approval.decide(phone, request, asked["number"], "approve", screen.ask_pin(args.pin))
    screen.say("approved")


def run_renew(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Renew unattended: no PIN, nothing asked."""
    phone = _open(args, home, screen)
    renewed = wallet.renew(phone, wallet.open_session(phone))
    _learn_requesters(phone)
    if renewed:
        screen.say("received")
        screen.show_cards(renewed)
    else:
        screen.say("nothing_to_renew")


def run_block(args: argparse.Namespace, home: Home, screen: Screen) -> None:
    """Block the wallet."""
    phone = _open(args, home, screen)
    session = wallet.open_session(phone, screen.ask_pin(args.pin))
    wallet.block(phone, session, args.reason)
    screen.say("blocked")


Command = Callable[[argparse.Namespace, Home, Screen], None]
COMMANDS: dict[str, Command] = {
    "enrol": run_enrol,
    "contact": run_contact,
    "face": run_face,
    "pin": run_pin,
    "scan": run_scan,
    "status": run_status,
    "cancel": run_cancel,
    "receive": run_receive,
    "cards": run_cards,
    "present": run_present,
    "requesters": run_requesters,
    "approve": run_approve,
    "renew": run_renew,
    "block": run_block,
}


def _learn_requesters(phone: Phone) -> None:
    """Take the newest list along while the phone is online; what it holds is good without."""
    with suppress(PhoneError):
        requesters.fetch(phone)


def _open(args: argparse.Namespace, home: Home, screen: Screen) -> Phone:
    phone = Phone.open(home, language=screen.language)
    if args.api:
        phone.api.url = args.api.rstrip("/")
    return phone


def _scanned(args: argparse.Namespace) -> str:
    if args.image:
        return counter.read_image(args.image)
    return counter.read_display(args.display)


def _draw(text: str, args: argparse.Namespace, screen: Screen) -> None:
    from samples import card

    file: Path = args.png or args.card
    file.parent.mkdir(parents=True, exist_ok=True)
    if args.png:
        card.draw_presentation(text, file, language=screen.language)
    else:
        card.draw_card(text, file, language=screen.language)
    screen.say("drawn", file=file)


def _watch(home: Home, clock: PhoneClock, held: present.StoredCredential, screen: Screen) -> None:
    import segno

    for text in present.watch(home, clock, held):
        print("\x1b[2J\x1b[H", end="")
        segno.make(text, error="l", micro=False).terminal(compact=True, border=2)
        screen.say("valid_for")
