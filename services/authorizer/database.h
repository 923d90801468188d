/* Database queries for the server's threads, each answered within two seconds. */
#ifndef AUTHORIZER_DATABASE_H
#define AUTHORIZER_DATABASE_H

#include "base/arena.h"
#include "base/err.h"
#include "event/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct database;
struct lbx_item_content;

/* The parameters of access_check; NULL is SQL NULL. */
struct question {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name, *content_digest;
    const char *uid; /* of the object to delete; "": none; NULL: not known. Not access_check's */
    const struct lbx_item_content *content; /* the content of content_digest; NULL: none */
    bool in_every_namespace;                /* a list of all namespaces; not access_check's */
};

struct grant {
    bool allowed;
    const char *request_id; /* in the caller's arena */
    int64_t expires_at;
    const char *reason;
    int64_t version;
    bool is_named; /* database_grants: its item names the object */
    struct lbx_trace trace;
};

/* The answer of signed_evidence: JSON, in the caller's arena; a time of 0 is absent. */
struct evidence {
    const char *consent, *decisions;
    int64_t starts_asked, decide_by;
    int64_t open;           /* a bit for each open item, by its number */
    struct lbx_trace trace; /* of the access request */
};

/* Starts the pool. url is borrowed. */
struct database *database_open(const char *url);

/* Ends the pool. No thread uses it any more. */
void database_close(struct database *database);

/* Opens missing connections; called regularly by the worker's loop. Returns how many are open. */
size_t database_connect(struct database *database);

/* Calls access_check. From any thread. LBX_ERR_UNAVAILABLE: no answer within two seconds. */
enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) LBX_MUST_CHECK;

/* All grants that cover a change, with any content and uid, the one that lasts longest first.
 * The list is in the arena. Errors as database_ask. */
enum lbx_err database_grants(struct database *database, const struct question *question,
                             struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count)
    LBX_MUST_CHECK;

/* The signed evidence of a request. LBX_ERR_NOT_FOUND: there is no such request. */
enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence)
    LBX_MUST_CHECK;

/* What the policy of the cluster's customer forbids: a JSON array of entries. Errors as database_ask. */
enum lbx_err database_forbidden(struct database *database, const char *resource_id,
                                struct lbx_arena *arena, const char **ret_entries) LBX_MUST_CHECK;

/* Quarantines a report of a cluster that cannot be read, under the topic of its events. Errors
 * as database_ask: it is then not stored, or unknown. */
struct unreadable_report {
    const char *topic, *source, *reason;
    const void *bytes;
    size_t len;
};
enum lbx_err database_quarantine(struct database *database, const struct unreadable_report *report)
    LBX_MUST_CHECK;

#endif
