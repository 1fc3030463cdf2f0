"""The quick way through the usual form: it reads what the general way reads, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, presentation, qr_credential, quick_form
from credentials.errors import FormatError
from tests.credentials import made
from tests.credentials.made import HOLDER, NOW


@given(
    exp=st.integers(0, 2**33),
    iat=st.integers(0, 2**33),
    x=st.binary(min_size=31, max_size=33),
    odd=st.booleans(),
    identity=st.dictionaries(st.integers(-1, 99), st.integers(0, 9) | st.just([1, 2]), max_size=4),
)
def test_the_quick_form_reads_claims_as_the_general_way_does(
    *, exp: int, iat: int, x: bytes, odd: bool, identity: dict[int, object]
) -> None:
    claims = {4: exp, 6: iat, 8: {1: {1: 2, -1: 1, -2: x, -3: odd}}, 169: identity}
    data = cbor.encode(claims)
    results = []
    for read in (qr_credential._read_claims, qr_credential._read_any_claims):
        try:
            results.append(repr(read(b"", b"", data)))
        except FormatError as error:
            results.append(error.code)
    assert results[0] == results[1]


@given(st.data())
def test_what_the_quick_form_accepts_is_deterministic_cbor(data: st.DataObject) -> None:
    credential = made.credential()
    whole = bytearray(presentation.sign_presentation(credential, HOLDER, issued_at=NOW))
    for _ in range(data.draw(st.integers(0, 2))):
        whole[data.draw(st.integers(0, 30) | st.integers(len(whole) - 80, len(whole) - 1))] = (
            data.draw(st.integers(0, 255))
        )
    quick = quick_form.split_presentation(bytes(whole))
    if quick is not None:
        raw, payload, issued_at, signature = quick
        assert cbor.decode(bytes(whole)) == [raw, payload, signature]
        assert cbor.decode(payload) == [issued_at]
        inner = quick_form.split_credential(raw)
        if inner is not None:
            protected, kid, claims, issuer_signature = inner
            assert cbor.decode(raw) == [protected, {}, claims, issuer_signature]
            assert cbor.decode(protected) == {1: -7, 4: kid}
