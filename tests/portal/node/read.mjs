// Reads lines of JSON {"assertion", "key"} and prints whether @simplewebauthn/server accepts each.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { isoCBOR } from "@simplewebauthn/server/helpers";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));

async function accepts({ assertion, key }) {
  const cose = new Map([[1, 2], [3, -7], [-1, 1], [-2, bytes(key.x)], [-3, bytes(key.y)]]);
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id: "AAAA", rawId: "AAAA", type: "public-key", clientExtensionResults: {}, response: {
        clientDataJSON: assertion.client_data_json, authenticatorData: assertion.authenticator_data, signature: assertion.signature } },
      expectedChallenge: createHash("sha256").update(bytes(assertion.payload)).digest("base64url"),
      expectedOrigin: key.origins, expectedRPID: key.rp_id, requireUserVerification: true,
      credential: { id: "AAAA", publicKey: isoCBOR.encode(cose), counter: 0 },
    });
    return verified;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(await accepts(JSON.parse(line)));
