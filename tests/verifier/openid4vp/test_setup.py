"""What an operator sets up: the folder, the settings, the trust file, the queries of a policy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.signing import PemSigner, generate_pem
from tests.credentials.made import CATALOGUE
from tests.verifier.openid4vp.conftest import Party, prepare
from tests.verifier.openid4vp.wallet import answer, fetch, read_link
from tests.verifier.openid4vp.world import World
from verifier.openid4vp.assembly import assemble
from verifier.openid4vp.cli import main
from verifier.openid4vp.errors import QueryError, SetupError
from verifier.openid4vp.exchange import Wish
from verifier.openid4vp.queries import make_query
from verifier.openid4vp.sealing import Seal
from verifier.openid4vp.settings import SETTINGS, parse_settings
from verifier.openid4vp.trust import load_trust
from verifier.openid4vp.web.app import create_app, from_environment
from verifier.policy import load_policy, parse_policy

URL = "https://bank.example/verifikasi"


def test_the_query_of_the_bank_asks_for_what_the_policy_shows() -> None:
    kind = CATALOGUE.document_type("id_card")
    query = make_query(load_policy("bank-kyc"), kind, "dc+sd-jwt", [kind.vct]).encode()
    (wanted,) = query["credentials"]  # type: ignore[misc]
    assert wanted["meta"] == {"vct_values": [kind.vct]}
    paths = {claim["id"]: claim["path"] for claim in wanted["claims"]}
    assert paths["nik"] == ["personal_administrative_number"]
    assert paths["street"] == ["address", "street_address"]
    assert paths.keys() == load_policy("bank-kyc").shown
    assert set(wanted["claim_sets"][-1]) == set(load_policy("bank-kyc").required)


def test_the_query_for_an_mdoc_names_namespaces_and_says_that_it_keeps() -> None:
    kind = CATALOGUE.document_type("id_card")
    query = make_query(load_policy("age-check"), kind, "mso_mdoc", [kind.doctype]).encode()
    (wanted,) = query["credentials"]  # type: ignore[misc]
    assert wanted["meta"] == {"doctype_value": "id.example.ikd.idcard.1"}
    assert [claim["path"] for claim in wanted["claims"]] == [
        ["org.iso.23220.1", "age_over_18"],
        ["org.iso.23220.1", "portrait"],
    ]
    assert all(claim["intent_to_retain"] for claim in wanted["claims"])


@pytest.mark.parametrize("kind", [entry.name for entry in CATALOGUE.types])
def test_a_policy_for_everything_never_asks_for_what_is_sensitive(kind: str) -> None:
    entry = CATALOGUE.document_type(kind)
    query = make_query(load_policy("default"), entry, "dc+sd-jwt", [entry.vct])
    assert query.fields
    assert not [name for name in query.fields if entry.field(name).sensitive]


@pytest.mark.parametrize(
    ("policy", "kind", "code"),
    [
        ("bank-kyc", "tax_number", "TYPE_NOT_ACCEPTED"),
        ("airport", "vehicle_ownership", "TYPE_NOT_ACCEPTED"),
    ],
)
def test_a_policy_cannot_be_asked_of_a_type_it_does_not_take(
    policy: str, kind: str, code: str
) -> None:
    entry = CATALOGUE.document_type(kind)
    with pytest.raises(QueryError, match=code):
        make_query(load_policy(policy), entry, "dc+sd-jwt", [entry.vct])


def test_a_policy_that_demands_what_a_type_does_not_have_says_so() -> None:
    policy = json.loads((Path("verifier/policies") / "default.json").read_text())
    entry = CATALOGUE.document_type("tax_number")
    for changes, code in (
        ({"required": ["no_such"]}, "FIELD_NOT_ASKABLE"),
        ({"shown": ["portrait"]}, "NOTHING_TO_ASK"),
    ):
        made = parse_policy(json.dumps(policy | changes).encode())
        with pytest.raises(QueryError, match=code):
            make_query(made, entry, "dc+sd-jwt", [entry.vct])
    with pytest.raises(QueryError, match="TYPE_NOT_TRUSTED"):
        make_query(load_policy("default"), entry, "dc+sd-jwt", [])


def test_the_command_makes_a_folder_once(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trust.json").write_text(json.dumps(world.trust(tmp_path)))
    words = ["init", "--name", "Bank Contoh", "--public-url", URL]
    words += ["--trust", str(tmp_path / "trust.json"), "--home", str(tmp_path / "bank")]
    assert main(words) == 0
    assert main(words) == 1
    assert "HOME_TAKEN" in capsys.readouterr().err
    for name in ("signing-key.pem", "secret.key", "api-key", "webhook-secret"):
        assert (tmp_path / "bank" / name).stat().st_mode & 0o077 == 0
    party = assemble(tmp_path / "bank")
    for prefix in ("x509_hash", "x509_san_dns"):
        wish = Wish("bank-kyc", "id_card", "dc+sd-jwt", client_prefix=prefix)  # type: ignore[arg-type]
        client, uri, _ = read_link(party.start(wish).link)
        assert client.startswith(f"{prefix}:")
        assert uri.startswith(f"{URL}/")
    assert party.identity.client_id("x509_san_dns", URL) == "x509_san_dns:bank.example"
    with pytest.raises(SetupError, match="CERTIFICATE_NAME"):
        party.identity.client_id("x509_san_dns", "https://other.example")


def test_production_brings_its_certificate(tmp_path: Path, world: World) -> None:
    key = generate_pem()
    (tmp_path / "key.pem").write_bytes(key)
    leaf = world.leaf(PemSigner(key), dns_names=("bank.example",))
    pem = x509.load_der_x509_certificate(leaf).public_bytes(Encoding.PEM)
    (tmp_path / "chain.pem").write_bytes(pem)
    (tmp_path / "trust.json").write_text(json.dumps(world.trust(tmp_path)))
    words = ["init", "--name", "Bank", "--public-url", URL, "--trust", str(tmp_path / "trust.json")]
    brought = ["--key", str(tmp_path / "key.pem"), "--certificate", str(tmp_path / "chain.pem")]
    assert main([*words, *brought, "--home", str(tmp_path / "bank")]) == 0
    assert assemble(tmp_path / "bank").identity.chain == (leaf,)
    assert not (tmp_path / "bank" / "root.pem").exists()
    (tmp_path / "key.pem").write_bytes(generate_pem())
    assert main([*words, *brought, "--home", str(tmp_path / "other")]) == 1
    assert main([*words, *brought[:2], "--home", str(tmp_path / "other")]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": "http://bank.example"},
        {"public_url": "https://bank.example/"},
        {"public_url": "bank.example"},
        {"client_prefix": "did"},
        {"request_seconds": 5},
        {"keep_seconds": 10**9},
        {"webhook_url": "http://intern.example/news"},
        {"return_urls": ["https://bank.example"]},
        {"offers": [{"policy": "bank-kyc"}]},
        {"offers": [{"policy": "bank-kyc", "type": "id_card", "format": "x"}]},
        {"mispelt": True},
        {"cross_device": "yes"},
        {"name": 7},
    ],
)
def test_a_mistake_in_the_settings_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(SetupError, match="SETTINGS_INVALID") as raised:
        parse_settings({"name": "Bank", "public_url": URL} | changes)
    assert raised.value.detail


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unknown": 1}, "TRUST_INVALID"),
        ({"issuers": []}, "TRUST_INVALID"),
        ({"catalogue": []}, "TRUST_INVALID"),
        ({"catalogue": ["nowhere"]}, "TRUST_UNREADABLE"),
        ({"catalogue": ["nowhere.cose"]}, "TRUST_CATALOGUE"),
        ({"anchors": ["nowhere.pem"]}, "TRUST_UNREADABLE"),
        ({"anchors": []}, "TRUST_INVALID"),
        ({"status_prefix": "https://x.example/lists"}, "TRUST_INVALID"),
        ({"status_prefix": "file:///etc/"}, "TRUST_INVALID"),
        ({"types": ["no_such"]}, "TRUST_INVALID"),
        ({"types": {"id_card": {"vcd": "x"}}}, "TRUST_INVALID"),
        ({"name": ""}, "TRUST_INVALID"),
    ],
)
def test_a_mistake_in_the_trust_file_is_named(
    tmp_path: Path, world: World, changes: dict[str, Any], code: str
) -> None:
    outer = {
        name: one for name, one in changes.items() if name in ("unknown", "issuers", "catalogue")
    }
    inner = {name: one for name, one in changes.items() if name not in outer}
    (tmp_path / "trust.json").write_text(json.dumps(world.trust(tmp_path, **inner) | outer))
    with pytest.raises(SetupError, match=code):
        load_trust(tmp_path / "trust.json")


def test_the_catalogue_may_come_from_the_offline_bundle(tmp_path: Path, world: World) -> None:
    trust = world.trust(tmp_path)
    bundle = Path("samples/vectors/bundles/current.cose").resolve()
    (tmp_path / "trust.json").write_text(json.dumps(trust | {"catalogue": [str(bundle)]}))
    loaded = load_trust(tmp_path / "trust.json")
    assert loaded.catalogue.document_type("id_card").vct


def test_an_issuers_own_names_for_types_are_used(
    start_bank: Callable[..., Party], world: World, tmp_path: Path
) -> None:
    bank = start_bank()
    vct = "https://wallet.example/openid/types/id_card"
    trust = world.trust(tmp_path, types={"id_card": {"vct": vct}})
    (tmp_path / "trust.json").write_text(json.dumps(trust))
    object.__setattr__(bank.party.checker, "trust", load_trust(tmp_path / "trust.json"))
    assert answer(bank.ask(), world.sd_jwt(vct=vct), world.holder).status_code == 200


def test_what_is_sealed_opens_only_where_it_was_sealed() -> None:
    seal = Seal(bytes(32))
    sealed = seal.close(b"data", request="r-1", purpose="key")
    assert seal.open(sealed, request="r-1", purpose="key") == b"data"
    for request, purpose in (("r-2", "key"), ("r-1", "result")):
        with pytest.raises(SetupError, match="SEAL_BROKEN"):
            seal.open(sealed, request=request, purpose=purpose)
    assert seal.response_code("r-1") != seal.response_code("r-2")
    assert seal.response_code("r-1") != Seal(bytes(31) + b"\1").response_code("r-1")
    with pytest.raises(SetupError, match="SECRET_INVALID"):
        Seal(b"short")


def test_a_wrong_option_ends_with_a_reason(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    home = prepare(tmp_path / "bank", world, "http://127.0.0.1:8095")
    base = ["request", "--home", str(home), "--format", "dc+sd-jwt", "--policy"]
    for words, code in (
        ([*base, "no-such"], "POLICY_NOT_FOUND"),
        ([*base, "default"], "TYPE_NEEDED"),
        ([*base, "default", "--type", "no_such"], "TYPE_UNKNOWN"),
        ([*base, "bank-kyc", "--public-url", "http://bank.example"], "SETTINGS_INVALID"),
        (["result", "nobody", "--home", str(home)], "REQUEST_UNKNOWN"),
        (["serve", "--home", str(tmp_path / "nowhere")], "NOT_INITIALISED"),
    ):
        assert main(words) == 1
        printed = capsys.readouterr()
        assert code in printed.err
        assert printed.out == ""


def test_a_policy_of_ones_own_lies_beside_the_settings(
    start_bank: Callable[..., Party], world: World, tmp_path: Path
) -> None:
    policy = json.loads((Path("verifier/policies") / "bank-kyc.json").read_text())
    shown = [name for name in policy["shown"] if name != "nationality"]
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "own.json").write_text(json.dumps(policy | {"shown": shown}))
    bank = start_bank(offers=[{"policy": "own.json", "type": "id_card"}])
    got = requests.post(f"{bank.url}/requests", json={"flow": "cross_device"}, timeout=10).json()
    assert {claim["id"] for claim in fetch(got["link"]).query["claims"]} == set(shown)
    assert answer(got["link"], world.sd_jwt(), world.holder).status_code == 200


def test_an_offer_that_could_not_be_asked_is_named_at_the_start(
    tmp_path: Path, world: World
) -> None:
    offers = [{"policy": "bank-kyc", "type": "tax_number"}]
    home = prepare(tmp_path / "bank", world, URL, offers=offers)
    with pytest.raises(QueryError, match="TYPE_NOT_ACCEPTED"):
        create_app(assemble(home))


def test_settings_that_are_no_json_are_named(tmp_path: Path, world: World) -> None:
    home = prepare(tmp_path / "bank", world, URL)
    (home / SETTINGS).write_text("{")
    with pytest.raises(SetupError, match="SETTINGS_UNREADABLE"):
        assemble(home)


def test_the_offline_verifier_does_not_load_the_relying_party() -> None:
    program = "import sys, verifier, verifier.cli; print(sorted({'flask','requests','segno',"
    program += "'sqlite3','verifier.openid4vp'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_production_server_finds_its_application(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = prepare(tmp_path / "bank", world, URL)
    monkeypatch.setenv("OPENID4VP_HOME", str(home))
    client = from_environment().test_client()
    assert client.get("/verifikasi/healthz").json == {"status": "ok"}
    assert client.get("/healthz").status_code == 404
    page = client.get("/verifikasi/")
    cookies = client.post("/verifikasi/requests", json={"flow": "cross_device"}).headers
    assert page.status_code == 200
    assert cookies["Set-Cookie"].startswith("__Host-relying_party_browser=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookies["Set-Cookie"].split("; "))
    monkeypatch.delenv("OPENID4VP_HOME")
    with pytest.raises(SetupError, match="NOT_INITIALISED"):
        from_environment()
