/* Decodes a JSON Web Signature into signed bytes, signature and payload. Verifies nothing: the caller
 * has the keys. Fails for algorithms other than EdDSA, and for critical extensions (crit). */
#include "event/jws.h"

#include "base/base64.h"

#include <string.h>

struct header {
    const char *alg;
    const char **crit; /* critical extensions: none is supported */
    size_t crit_count;
};

static const struct lbx_field header_rows[] = {
    {.name = "alg",
     .type = LBX_T_TEXT,
     .required = true,
     .max = 16,
     .offset = offsetof(struct header, alg)},
    {.name = "crit",
     .type = LBX_T_LIST,
     .item = LBX_T_TEXT,
     .max = 256,
     .max_items = 16,
     .offset = offsetof(struct header, crit),
     .count_offset = offsetof(struct header, crit_count)},
};
static const struct lbx_table header_table = LBX_TABLE("jws_header", header, header_rows);

static enum lbx_err read_part(const char *part, size_t len, const struct lbx_table *table,
                              struct lbx_arena *arena, void *ret_struct, const char **ret_json,
                              size_t *ret_len) {
    char *json = lbx_arena_alloc(arena, len + 1);
    struct lbx_reason reason;
    if (!lbx_base64url_decode(part, len, json, len, ret_len))
        return LBX_ERR_INVALID;
    *ret_json = json;
    return lbx_json_read(table, json, *ret_len, "", arena, ret_struct, &reason);
}

enum lbx_err lbx_jws_read(const char *text, const struct lbx_table *payload,
                          struct lbx_arena *arena, void *ret_payload, struct lbx_jws *ret_jws) {
    const char *first = strchr(text, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    struct header header = {0};
    struct lbx_jws jws;
    const char *header_json;
    size_t len;
    if (!second)
        return LBX_ERR_INVALID;
    enum lbx_err err =
        read_part(text, (size_t)(first - text), &header_table, arena, &header, &header_json, &len);
    if (err == LBX_OK && (strcmp(header.alg, "EdDSA") != 0 || header.crit))
        err = LBX_ERR_INVALID;
    if (err == LBX_OK)
        err = read_part(first + 1, (size_t)(second - first) - 1, payload, arena, ret_payload,
                        &jws.payload, &jws.payload_len);
    if (err == LBX_OK && (!lbx_base64url_decode(second + 1, strlen(second + 1), jws.signature,
                                                sizeof jws.signature, &len) ||
                          len != sizeof jws.signature))
        err = LBX_ERR_INVALID;
    if (err != LBX_OK)
        return err;
    jws.signed_bytes = text;
    jws.signed_len = (size_t)(second - text);
    *ret_jws = jws;
    return LBX_OK;
}
