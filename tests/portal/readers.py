"""Verifies assertions by other readers of WebAuthn, each line of JSON {"assertion", "key"}: prints what fido2 and webauthn say of each."""
import base64
import hashlib
import json
import sys

from fido2.cose import ES256
from fido2.server import Fido2Server
from fido2.webauthn import (Aaguid, AttestedCredentialData, AuthenticationResponse, AuthenticatorAssertionResponse, AuthenticatorData,
                            CollectedClientData, PublicKeyCredentialRpEntity)
from webauthn import verify_authentication_response
from webauthn.helpers import encode_cbor


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cose(key: dict) -> dict:
    return {1: 2, 3: -7, -1: 1, -2: decoded(key["x"]), -3: decoded(key["y"])}


def by_webauthn(parts: dict, challenge: bytes, key: dict) -> None:
    told = {name: base64.urlsafe_b64encode(it).rstrip(b"=").decode() for name, it in parts.items()}
    verify_authentication_response(
        credential={"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {
            "clientDataJSON": told["client_data_json"], "authenticatorData": told["authenticator_data"], "signature": told["signature"]}},
        expected_challenge=challenge, expected_rp_id=key["rp_id"], expected_origin=key["origins"],
        credential_public_key=encode_cbor(cose(key)), credential_current_sign_count=0, require_user_verification=True)


def by_fido2(parts: dict, challenge: bytes, key: dict) -> None:
    server = Fido2Server(PublicKeyCredentialRpEntity(id=key["rp_id"], name="Lockbox"), verify_origin=lambda origin: origin in key["origins"])
    credential = AttestedCredentialData.create(Aaguid.NONE, b"\0\0\0", ES256(cose(key)))
    state = {"challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(), "user_verification": "required"}
    response = AuthenticatorAssertionResponse(
        client_data=CollectedClientData(parts["client_data_json"]), authenticator_data=AuthenticatorData(parts["authenticator_data"]),
        signature=parts["signature"])
    server.authenticate_complete(state, [credential], AuthenticationResponse(raw_id=b"\0\0\0", response=response))


def accepts(reader, assertion: dict, key: dict) -> bool:
    parts = {name: decoded(it) for name, it in assertion.items()}
    try:
        reader(parts, hashlib.sha256(parts["payload"]).digest(), key)
        return True
    except Exception:  # each reader has its own
        return False


for line in sys.stdin:
    given = json.loads(line)
    print(json.dumps([accepts(reader, given["assertion"], given["key"]) for reader in (by_fido2, by_webauthn)]), flush=True)
