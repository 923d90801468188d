/* Connections by which the server's threads ask access_check, each answer within two seconds. */
#ifndef AUTHORIZER_DATABASE_H
#define AUTHORIZER_DATABASE_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct database;

/* As access_check's parameters; NULL is SQL NULL. */
struct question {
    const char *engineer_id, *resource_id, *action, *namespace, *kind, *name, *content_digest;
};

struct grant {
    bool allowed;
    const char *request_id; /* in the arena that was given */
    int64_t expires_at;
    const char *reason;
    int64_t version;
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

#endif
