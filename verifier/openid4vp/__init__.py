"""A relying party of OpenID4VP 1.0: a bank asks for a document over the network, and checks it.

The policies are those of the offline verifier, the formats those of `credentials`. Needs the extra
`openid4vp` (a web framework, an HTTP client, QR drawing); the offline verifier never imports this.

    queries            what a policy asks for, as DCQL; what an answer must contain
    trust              whom this relying party believes, for which documents
    request_objects    the signed question
    responses          the encrypted answer, opened
    presentations      the checks of an SD-JWT VC and of an mdoc
    statuses           status lists, fetched below configured addresses only
    store, sealing     what has to survive a restart, and what must not lie there readable
    exchange           one request from question to result
    web                addresses for wallets, for a bank's page, for its back end
"""

from __future__ import annotations
