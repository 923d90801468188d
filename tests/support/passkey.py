"""A passkey in software, as a browser and an authenticator behave (W3C Web Authentication, Level 2): it signs with ES256."""
import hashlib
import json
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .signing import base64url

PRESENT, VERIFIED = 0x01, 0x04
PORTAL = "https://lockbox.contoso.example"


@dataclass
class Passkey:
    rp_id: str = "contoso.example"
    origins: tuple[str, ...] = (PORTAL,)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0

    @property
    def jwk(self) -> dict:
        at = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": base64url(at.x.to_bytes(32, "big")), "y": base64url(at.y.to_bytes(32, "big")),
                "rp_id": self.rp_id, "origins": list(self.origins)}

    def touch(self, payload: bytes, *, signs: "Passkey | None" = None, flags: int = PRESENT | VERIFIED, **client) -> dict:
        """The assertion over a payload. `client` replaces members of the client data; one that is None is left out."""
        self.counter += 1
        told = {"type": "webauthn.get", "challenge": base64url(hashlib.sha256(payload).digest()), "origin": self.origins[0],
                "crossOrigin": False} | client
        client_data = json.dumps({name: it for name, it in told.items() if it is not None}, separators=(",", ":")).encode()
        data = hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")
        signature = (signs or self).key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return {"payload": base64url(payload), "client_data_json": base64url(client_data),
                "authenticator_data": base64url(data), "signature": base64url(signature)}

    def sign(self, **payload) -> dict:
        """The assertion over a payload's members."""
        return self.touch(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())

    def proof(self, tenant_id: str, principal_id: str, **other) -> dict:
        return self.sign(**{"tenant_id": tenant_id, "principal_id": principal_id, "iat": int(time.time()), **other})

    def signed(self, request, **said) -> dict:
        """The assertion of a decision, by the subscription's owner where `by` names nobody else."""
        said = {"by": request.tenant.owner.id, **said}
        return self.sign(request_id=request.id, digest=request.first.request["digest"], iat=int(time.time()), **said)
