"""Registers passkeys (WebAuthn, Level 2). No attestation is read: whose key it is, the log-in says and the key proves by a second touch."""
import base64
import json
import secrets

import cbor2
from sqlalchemy.engine import Engine
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

from . import store
from .decisions import BadForm
from .login import Person
from .settings import Settings


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def begin_registration(settings: Settings, person: Person) -> tuple[dict, str]:
    """A handle of its own for each: under one handle a device would put the new passkey in the place of one still needed."""
    options = generate_registration_options(
        rp_id=settings.rp_id, rp_name="Lockbox", user_id=secrets.token_bytes(32), user_name=person.email,
        user_display_name=person.name or person.email, supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.PREFERRED,
                                                               user_verification=UserVerificationRequirement.REQUIRED))
    return json.loads(options_to_json(options)), base64url(options.challenge)


def finish_registration(settings: Settings, engine: Engine, challenge: str, credential: dict) -> dict:
    """The new passkey as Lockbox wants it: a JWK with where it signs."""
    try:
        verified = verify_registration_response(
            credential=credential, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=settings.rp_id,
            expected_origin=settings.origin, require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256])
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise BadForm("The passkey was not registered: the browser's answer does not hold. Try again.") from error
    point = cbor2.loads(verified.credential_public_key)  # COSE: -2 is x, -3 is y (RFC 9053)
    jwk = {"kty": "EC", "crv": "P-256", "x": base64url(point[-2]), "y": base64url(point[-3]), "rp_id": settings.rp_id,
           "origins": [settings.origin]}
    with engine.begin() as connection:
        store.put(connection, store.passkey, x=jwk["x"], credential_id=base64url(verified.credential_id))
    return jwk
