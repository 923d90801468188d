// An OpenID provider of others', by npm's oidc-provider and its development pages: provider.mjs ISSUER CLIENT SECRET REDIRECT
// As OpenID Connect Core 5.4 has it, e-mail and name are told by the userinfo endpoint, not in the ID token.
import Provider from "oidc-provider";

const [issuer, client_id, client_secret, redirect] = process.argv.slice(2);
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email"], profile: ["name", "oid"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@contoso.example`, name: `The name of ${id}`, oid: `object-${id}` }) }),
});
provider.listen(Number(new URL(issuer).port), "127.0.0.1");
