"""`python -m samples.run`: all services for a person to try, until Ctrl-C.

The installation lives in var/run and is kept: enrolled phones, wallets and keys are still there the
next time. `--fresh` begins anew; `--login USERNAME` prints the operator's TOTP code of this moment.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pyotp

from samples.faces.captures import can_turn, take_pictures
from samples.people import load_residents
from samples.processes import ROOT, ProcessFailed, Services, free_port, is_free, python
from samples.relying_party import Bank
from samples.site import OFFICE, OPERATORS, Site

API_PORT, KIOSK_PORT = 8080, 8090
FOLDER = ROOT / "var" / "run"
# A person at a desk confirms more often than every 45 seconds, and is alone at the counter.
SETTINGS = {"WALLET_OPERATOR_INTERVAL_SECONDS": "0", "WALLET_SECOND_OFFICER_PERCENT": "0"}
CHECK_SECONDS = 1.0
PIN = "270391"
SHOWN = ("budi", "sari", "slamet", "nophoto", "plain")


def main() -> int:
    """Start, tell the addresses, wait."""
    parser = argparse.ArgumentParser(prog="python -m samples.run", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget the installation of before")
    parser.add_argument("--login", metavar="USERNAME", help="print this operator's login and end")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument(
        "--admin",
        nargs=argparse.REMAINDER,
        metavar="WORD",
        help="run `wallet_api admin WORD …` here",
    )
    args = parser.parse_args()
    folder = args.folder.resolve()
    if args.login:
        return print_login(folder, args.login)
    if args.admin is not None:
        return run_admin(folder, args.admin)
    try:
        with Services() as services:
            site = open_site(folder, services, fresh=args.fresh)
            print_guide(site)
            while True:
                services.check()
                time.sleep(CHECK_SECONDS)
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running", flush=True)
        return 0
    except ProcessFailed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def open_site(folder: Path, services: Services, *, fresh: bool) -> Site:
    """Start the installation in `folder`, made first if there is none."""
    if fresh:
        Site(folder).clear()
    prepared = (folder / "site.json").exists()
    if prepared:
        site = Site.load(folder, SETTINGS)
        _check_ports(site)
    else:
        usual = (port if is_free(port) else free_port() for port in (API_PORT, KIOSK_PORT))
        site = Site(folder, *usual, settings=SETTINGS)
        site.clear()  # an interrupted first start
    site.make_folders()
    with site.administrator() as admin:
        if prepared:  # perhaps by an older version, or long ago
            admin.run("admin", "keys", "init", "--dir", str(folder / "keys"))
            admin.run("admin", "migrate")
        else:
            print("making registry, keys, office and kiosk (once) …", flush=True)
            site.build_together(admin)
        api = site.start_api(services)
        site.start_worker(services)
        token = "" if prepared else site.make_office(admin)
        bank = Bank(site)
        bank.prepare(admin)
        (folder / "bundle-root.pem").write_text(admin.run("admin", "bundle-root"), "utf-8")
    api.wait_ready(f"{site.api}/readyz")
    if token:
        site.make_kiosk(token)
    site.start_kiosk(services).wait_ready(f"{site.kiosk}/display")
    bank.start(services).wait_ready(f"{bank.url}/healthz")
    for resident in load_residents():
        if can_turn(resident):
            pictures = take_pictures(resident, take=secrets.token_hex(8))
            pictures.write(site.folder / "faces" / resident["id"])
    return site


def _check_ports(site: Site) -> None:
    """Refuse to start beside another program: phones and kiosk keep the addresses they know."""
    bank = Bank(site)
    ports = [bank.port] if bank.home.exists() else []
    for port in (site.api_port, site.kiosk_port, *ports):
        if not is_free(port):
            raise ProcessFailed(
                f"port {port} is in use, perhaps by another `make run`. "
                "Stop that, or begin anew on other ports: make run ARGS=--fresh"
            )


def print_login(folder: Path, username: str) -> int:
    """Print username, password and the TOTP code of this moment."""
    if not (folder / "site.json").exists():
        print("nothing was started in this folder yet: make run", file=sys.stderr)
        return 1
    operators = Site.load(folder, {}).operators
    if username not in operators:
        print(f"no operator {username}; there are: {', '.join(operators)}", file=sys.stderr)
        return 1
    login = operators[username]
    code = pyotp.TOTP(login["totp_secret"])
    left = code.interval - int(time.time()) % code.interval
    print(f"{username}   password {login['password']}   code {code.now()} ({left} s left)")
    return 0


def run_admin(folder: Path, words: list[str]) -> int:
    """Run an administrator's command with this installation's settings."""
    if not (folder / "site.json").exists():
        print("nothing was started in this folder yet: make run", file=sys.stderr)
        return 1
    command = python("-m", "wallet_api", "admin", *words)
    env = Site.load(folder, SETTINGS).env()
    return subprocess.run(command, env=env, cwd=ROOT, check=False).returncode


def print_guide(site: Site) -> None:
    """Print the addresses, the logins, a resident and the commands to copy."""
    here = _command(site)
    home = _shown(site.folder / "phones" / "budi")
    people = {one["id"]: one for one in load_residents()}
    budi = people["budi"]
    phone = f".venv/bin/python -m samples.phone --home {home}"
    print(f"""
  API             {site.api}/docs        (health: /readyz, metrics: /metrics)
  Kiosk display   {site.kiosk}/display
  Console         {site.kiosk}/console
  Bank's page     {Bank(site).url}/      (asks any wallet, OpenID4VP)
  E-mail and SMS  {_shown(site.outbox)}/   (one file a message)
  Logs            {_shown(site.logs)}/

Operators (the code changes every 30 s; again: {here} --login NAME)""")
    for username, _, _ in OPERATORS:
        print("  ", end="")
        print_login(site.folder, username)
    print("\nResidents to try")
    for name in SHOWN:
        one = people[name]
        print(f"  {one['nik']}  {one['email']:<24} {one['phone']}  {one['name']}: {one['special']}")
    print(
        f"""
The journey of {budi["name"]}, to copy line by line
  {phone} --api {site.api} enrol --nik {budi["nik"]} --email {budi["email"]} --phone {budi["phone"]}
  {phone} contact --outbox {_shown(site.outbox)}
  {phone} face --folder {_shown(site.folder / "faces" / "budi")}
  {phone} pin --pin {PIN}
  (sign in at the console, then:)
  {phone} scan --display {site.kiosk}/display --pin {PIN}
  (type the three digits into the console, then:)
  {phone} receive --pin {PIN}
  {phone} present --type id_card --profile full --card {_shown(site.folder / "card.png")}
  {phone} present --watch

Another face step needs new pictures, of any resident who turns or of a prepared fraud:
  .venv/bin/python -m samples.faces.build {_shown(site.folder / "faces")} budi good print swapped
  {phone} face --camera 0   (with your own face: it is not Budi's)

{_passkeys(site)}
{_other_wallets(site, budi["nik"])}
Ctrl-C stops everything.""",
        flush=True,
    )


def _passkeys(site: Site) -> str:
    """Return how to add a passkey at the console, also on a machine that has none."""
    here = _command(site)
    return f"""\
A passkey for an operator: at the console press the name at the top, then "Tambah kunci sandi"
  (fingerprint or PIN of this machine, or a USB key. None? In Chromium: F12, More tools, WebAuthn,
  "Enable virtual authenticator environment", Add. Sign out, and in again with one button.)
  {here} --admin operators passkeys list --username {OPERATORS[0][0]}
  (the password is not enough any more for who has a passkey:)
  {here} --admin offices passkeys --code {OFFICE[0]} --demanded yes
"""


def _other_wallets(site: Site, nik: str) -> str:
    """Return how to offer a document to any other wallet, and how to ask it."""
    home = Bank(site).home
    party = f".venv/bin/python -m verifier.openid4vp request --home {_shown(home)}"
    trust = ""  # what the wallet believes without being told is of the usual folder
    if site.folder != FOLDER:
        trust = f" --root {home / 'issuer-root.pem'} --verifier-root {home / 'root.pem'}"
    return f"""\
Any other wallet: an offer to it, and a question to it (each prints one link, also for a QR code)
  (once he has a wallet:)
  {_command(site)} --admin offer --nik {nik} --type id_card \\
      --format dc+sd-jwt --no-tx-code
  {party} --policy bank-kyc --format dc+sd-jwt
  (after the wallet has answered: … result LINK in the place of request)
  A wallet that others wrote takes and answers them (docs/interop.md):
  make interop ARGS="accept 'openid-credential-offer://…'{trust}"
  make interop ARGS="present 'openid4vp://…'{trust}"
"""


def _command(site: Site) -> str:
    """Return how this program is called for the installation in this folder."""
    folder = "" if site.folder == FOLDER else f" --folder {site.folder}"
    return f".venv/bin/python -m samples.run{folder}"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
