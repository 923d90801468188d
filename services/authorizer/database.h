/* Connections by which the server's threads ask access_check, each answer within two seconds. */
#ifndef AUTHORIZER_DATABASE_H
#define AUTHORIZER_DATABASE_H

#include "base/arena.h"
#include "base/err.h"
#include "event/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct database;
struct lbx_item_content;

/* As access_check's parameters; NULL is SQL NULL. */
struct question {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name, *content_digest;
    const char *
        uid; /* of the object to be deleted, "" for none; NULL: not known. access_check is not asked about it */
    const struct lbx_item_content *content; /* that content_digest is of; NULL: none */
    bool in_every_namespace; /* reading what has the name. access_check is not asked about it */
};

struct grant {
    bool allowed;
    const char *request_id; /* in the arena that was given */
    int64_t expires_at;
    const char *reason;
    int64_t version;
    bool is_named; /* of database_grants: its item names the object */
    struct lbx_trace trace;
};

/* As signed_evidence answers: JSON, in the arena that was given; times 0 where there is none. */
struct evidence {
    const char *consent, *decisions;
    int64_t starts_asked, decide_by;
    int64_t open;           /* a bit for each item that is good now, by its number */
    struct lbx_trace trace; /* that the access request belongs to */
};

/* url is borrowed. */
struct database *database_open(const char *url);

/* No thread asks any more. */
void database_close(struct database *database);

/* Makes the connections that are missing; called now and then by the worker's loop. Returns how many there are. */
size_t database_connect(struct database *database);

/* From any thread. LBX_ERR_UNAVAILABLE: no answer within two seconds. */
enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) LBX_MUST_CHECK;

/* All grants that a change may rest on, whatever their content and uid; those that last longest, first. The list is in the
 * arena. Errors as database_ask's. */
enum lbx_err database_grants(struct database *database, const struct question *question,
                             struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count)
    LBX_MUST_CHECK;

/* What was signed of one request. LBX_ERR_NOT_FOUND: there is no such request. */
enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence)
    LBX_MUST_CHECK;

/* What the policy of the cluster's customer forbids: a JSON array of entries. Errors as database_ask's. */
enum lbx_err database_forbidden(struct database *database, const char *resource_id,
                                struct lbx_arena *arena, const char **ret_entries) LBX_MUST_CHECK;

/* Keeps in the quarantine what a cluster reported and nobody can read: bytes of a report that would have gone to topic.
 * Errors as database_ask's: nothing is kept then, or it is not known. */
struct unreadable_report {
    const char *topic, *source, *reason;
    const void *bytes;
    size_t len;
};
enum lbx_err database_quarantine(struct database *database, const struct unreadable_report *report)
    LBX_MUST_CHECK;

#endif
