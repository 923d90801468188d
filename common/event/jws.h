/* JSON Web Signatures in compact form (RFC 7515) with EdDSA (RFC 8037): decoded, not verified. */
#ifndef LBX_EVENT_JWS_H
#define LBX_EVENT_JWS_H

#include "json/read.h"

enum { LBX_JWS_SIGNATURE_SIZE = 64 };

struct lbx_jws {
    const char *signed_bytes; /* what the signature is over: "header.payload", within the text */
    size_t signed_len;
    const char *payload; /* JSON, decoded */
    size_t payload_len;
    unsigned char signature[LBX_JWS_SIGNATURE_SIZE];
};

/* Decodes text, and reads its payload by the table into ret_payload, all in the arena.
 * LBX_ERR_INVALID: not three parts in base64url, alg is not EdDSA, crit is present, a signature
 * of another size, or a payload against the table. */
enum lbx_err lbx_jws_read(const char *text, const struct lbx_table *payload,
                          struct lbx_arena *arena, void *ret_payload, struct lbx_jws *ret_jws)
    LBX_MUST_CHECK;

#endif
