/* What a change of a Kubernetes object changes: the object in normal form 1, its digest, and the list of changes that
 * approvers read and sign. Pure.
 *
 * Normal form 1 is the object after the API server's defaulting and mutation, without members that differ between
 * servers (docs/content.md), in canonical JSON (RFC 8785). A value without canonical form cannot be approved. */
#ifndef LBX_CONTENT_CONTENT_H
#define LBX_CONTENT_CONTENT_H

#include "base/buf.h"
#include "io/hash.h"
#include "json/read.h"

enum { LBX_CONTENT_CHANGES_MAX = 32 << 10 }; /* bytes of the list of changes */

/* Converts any JSON value to RFC 8785. LBX_ERR_INVALID: a member twice, ill-formed UTF-8, an
 * integer beyond 2^53 - 1, or an invalid number; *ret_reason says which. */
enum lbx_err lbx_canonical(const char *json, size_t len, struct lbx_buf *out,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

struct lbx_content_objects {
    const struct lbx_json *before; /* NULL: the object is created */
    const struct lbx_json *after;
    /* Of a creation, the approved object in normal form: a member that the server allocates is left
     * out unless this object has it. NULL: nothing was approved, and all such members are left out. */
    const struct lbx_json *consented;
};

struct lbx_content {
    const char *api_version, *kind, *namespace, *name; /* of `after`; in the arena */
    char digest[LBX_SHA256_HEX_SIZE];
    char previous_digest[LBX_SHA256_HEX_SIZE]; /* empty: a creation */
    struct lbx_buf changes; /* canonical JSON: [{path, before?, after?}] by path */
};

/* The caller releases *ret_content by lbx_buf_done(&changes), also after a failure.
 * LBX_ERR_INVALID: not two objects of one kind, no canonical form, or generateName without a
 * name. LBX_ERR_LIMIT: the changes are longer than LBX_CONTENT_CHANGES_MAX. */
enum lbx_err lbx_content_make(const struct lbx_content_objects *objects, struct lbx_arena *arena,
                              struct lbx_content *ret_content, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

/* The object in a creation's list of changes, borrowed from it. False: the list is of no creation. */
bool lbx_content_created(const char *changes, struct lbx_json *ret_object);

/* The path of the first difference between two lists of changes in canonical JSON, in the arena;
 * NULL: they are equal. */
const char *lbx_content_difference(const char *changes, const char *others,
                                   struct lbx_arena *arena);

#endif
