/* Exactly what a change of a Kubernetes object changes: the object in normal form 1, its digest, and the list of changes
 * that approvers read and sign. Pure.
 *
 * Normal form 1 is the object as the API server has it after defaulting and mutation, without what no two servers have the
 * same (docs/content.md), in RFC 8785 canonical JSON. What has no canonical form cannot be consented to. */
#ifndef LBX_CONTENT_CONTENT_H
#define LBX_CONTENT_CONTENT_H

#include "base/buf.h"
#include "io/hash.h"
#include "json/read.h"

enum { LBX_CONTENT_CHANGES_MAX = 32 << 10 }; /* bytes of the list of changes */

/* RFC 8785 of any JSON value. LBX_ERR_INVALID: a member twice, ill-formed UTF-8, an integer beyond 2^53 - 1, a number that is
 * none: *ret_reason says so. */
enum lbx_err lbx_canonical(const char *json, size_t len, struct lbx_buf *out,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

struct lbx_content_objects {
    const struct lbx_json *before; /* NULL: the object is created */
    const struct lbx_json *after;
    /* The object that was consented to, in normal form, of a creation: what the server allocates is left out unless
     * this has it. NULL: nothing was, and all of it is left out. */
    const struct lbx_json *consented;
};

struct lbx_content {
    const char *api_version, *kind, *namespace, *name; /* of `after`; in the arena */
    char digest[LBX_SHA256_HEX_SIZE];
    char previous_digest[LBX_SHA256_HEX_SIZE]; /* empty: created */
    struct lbx_buf changes; /* canonical JSON: [{path, before?, after?}] by path */
};

/* The caller ends *ret_content by lbx_buf_done(&changes), also where this fails. LBX_ERR_INVALID: not two objects of one
 * kind, no canonical form, or generateName without a name. LBX_ERR_LIMIT: the changes are longer than
 * LBX_CONTENT_CHANGES_MAX. */
enum lbx_err lbx_content_make(const struct lbx_content_objects *objects, struct lbx_arena *arena,
                              struct lbx_content *ret_content, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

/* The object of a creation's list of changes, borrowed from it. False: it is no such list. */
bool lbx_content_created(const char *changes, struct lbx_json *ret_object);

/* The path of the first change in which two lists of changes differ, in the arena; NULL: they are the same. Each is
 * canonical. */
const char *lbx_content_difference(const char *changes, const char *others,
                                   struct lbx_arena *arena);

#endif
