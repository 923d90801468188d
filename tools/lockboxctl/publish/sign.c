/* Signs a decision, or a new key's proof, with an approver's private key (JWS, EdDSA;
 * docs/signatures.md). Promises to sign a digest only if the one computed here from the request
 * equals the stored one, and to wipe keys after use. Fails with the error printed. */
#include "sign.h"

#include "base/base64.h"
#include "base/clock.h"
#include "core/consent.h"
#include "core/tenant.h"
#include "database.h"
#include "io/ed25519.h"
#include "io/hash.h"
#include "io/secret.h"
#include "sql_ctl.h"
#include "tlog/note.h"

#include <string.h>

#define HEADER "{\"alg\":\"EdDSA\"}"

enum { KEY_FILE_MAX = 4096 };

/* ---- keys ---- */

static bool read_key(const char *path, struct lbx_signing_key *ret_key) {
    struct lbx_buf text LBX_BUF = {0};
    char why[LBX_SECRET_WHY_SIZE];
    if (!lbx_secret_read(path, KEY_FILE_MAX, &text, why)) {
        ctl_fail(CTL_USAGE, "the key %s %s", path, why);
        return false;
    }
    enum lbx_err err = lbx_signing_key_read(text.data, text.len, ret_key);
    explicit_bzero(text.data, text.len);
    if (err == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "%s holds no Ed25519 private key (PEM); lockboxctl keygen makes one", path);
    return false;
}

static void base64url(const void *bytes, size_t len, struct lbx_buf *out) {
    size_t from = out->len;
    lbx_base64_encode(bytes, len, out);
    size_t end = out->len;
    while (end > from && out->data[end - 1] == '=')
        end--;
    lbx_buf_cut(out, out->len - end);
    for (size_t i = from; i < end; i++)
        out->data[i] = out->data[i] == '+' ? '-' : out->data[i] == '/' ? '_' : out->data[i];
}

bool ctl_public_jwk(struct ctl *ctl, const char *path, struct lbx_jwk *ret_jwk) {
    struct lbx_signing_key key;
    struct lbx_buf x LBX_BUF = {0};
    if (!read_key(path, &key))
        return false;
    base64url(key.public_key, sizeof key.public_key, &x);
    explicit_bzero(&key, sizeof key);
    *ret_jwk = (struct lbx_jwk){
        .kty = "OKP", .crv = "Ed25519", .x = lbx_arena_strdup(&ctl->arena, x.data)};
    return true;
}

/* ---- the signed payload ---- */

/* The request's digest. It can be computed only while the request is pending, as an approval
 * replaces starts_at; afterwards the stored digest is used. */
static enum ctl_exit digest_of(const struct lbx_request *request, const char **ret_digest) {
    struct lbx_buf consent LBX_BUF = {0};
    char digest[LBX_SHA256_HEX_SIZE];
    if (!request->digest)
        return ctl_fail(CTL_NO, "the request %s is %s: there is nothing to sign",
                        request->request_id, lbx_state_names[request->state]);
    *ret_digest = request->digest;
    if (request->state != LBX_STATE_CUSTOMER_NOTIFIED)
        return CTL_DONE;
    lbx_request_consent(request, lbx_sha256_hex, &consent);
    lbx_sha256_hex(consent.data, consent.len, digest);
    if (strcmp(digest, request->digest) == 0)
        return CTL_DONE;
    return ctl_fail(
        CTL_NO,
        "the request %s is not what its digest says it is: do not decide on it before you "
        "have compared lockboxctl request show with lockboxctl request timeline",
        request->request_id);
}

static enum ctl_exit read_digest(struct ctl *ctl, const char *id, const char **ret_digest) {
    struct lbx_pg *pg CTL_PG = NULL;
    struct lbx_request request;
    struct lbx_reason reason;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_request_show, &pg, .id = id);
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO, "no request has the id %s; see lockboxctl request list", id);
    const char *snapshot = LBX_PG_READ(pg, 0, 0, ctl_request_show, NULL).snapshot;
    if (lbx_json_read(&lbx_request_table, snapshot, strlen(snapshot), "", &ctl->arena, &request,
                      &reason) != LBX_OK)
        return ctl_fail(CTL_NO, "the request cannot be read by this program: %s", reason.text);
    return digest_of(&request, ret_digest);
}

static const char *jws(struct ctl *ctl, const struct lbx_signing_key *key,
                       const struct lbx_table *table, const void *payload) {
    unsigned char signature[LBX_SIGNATURE_SIZE];
    struct lbx_buf json LBX_BUF = {0}, text LBX_BUF = {0};
    lbx_json_write(table, payload, &json);
    base64url(HEADER, sizeof HEADER - 1, &text);
    lbx_buf_char(&text, '.');
    base64url(json.data, json.len, &text);
    lbx_ed25519_sign(key->seed, text.data, text.len, signature);
    lbx_buf_char(&text, '.');
    base64url(signature, sizeof signature, &text);
    return lbx_arena_strdup(&ctl->arena, text.data);
}

enum ctl_exit ctl_sign(struct ctl *ctl, struct lbx_decision_submitted *decision) {
    struct lbx_signing_key key;
    struct lbx_signed_decision payload = {
        .request_id = decision->request_id,
        .decision = decision->decision,
        .by = decision->by.id,
        .duration = decision->duration,
        .actions = decision->actions,
        .action_count = decision->action_count,
        .iat = lbx_realtime_us() / LBX_SECOND_US,
    };
    if (!read_key(ctl->options[CTL_SIGN_WITH], &key))
        return CTL_USAGE;
    enum ctl_exit code = read_digest(ctl, decision->request_id, &payload.digest);
    if (code == CTL_DONE)
        decision->signature.jws = jws(ctl, &key, &lbx_signed_decision_table, &payload);
    explicit_bzero(&key, sizeof key);
    return code;
}

bool ctl_prove_key(struct ctl *ctl, const char *path, struct lbx_tenant_event *event) {
    struct lbx_signing_key key;
    const struct lbx_key_proof payload = {
        .tenant_id = event->tenant_id,
        .principal_id = event->principal_id,
        .iat = lbx_realtime_us() / LBX_SECOND_US,
    };
    if (!read_key(path, &key))
        return false;
    event->proof.jws = jws(ctl, &key, &lbx_key_proof_table, &payload);
    explicit_bzero(&key, sizeof key);
    return true;
}
