/* What an engineer may do on a cluster. Any answer of the database but a clear yes is a no. */
#ifndef AUTHORIZER_DECIDE_H
#define AUTHORIZER_DECIDE_H

#include "clusters/clusters.h"
#include "content/content.h"
#include "database.h"

struct accesses;

/* The access request that an allowing answer is based on; all zero: none. */
struct basis {
    const char *request_id; /* in the review's arena */
    int64_t version;
    struct lbx_trace trace;
};

/* One review. */

struct review {
    const struct lbx_cluster *cluster;
    struct database *database;
    struct accesses *accesses;
    struct lbx_arena *arena;
    struct basis *basis; /* set where an answer has one; NULL: not wanted */
};

struct subject {
    const char *user;
    const char **groups;
    size_t group_count;
};

/* reason: "lockbox request {uuid} until {RFC 3339}", or "lockbox: {code}: {sentence}"; in the arena. */
struct verdict {
    bool allowed;
    const char *code; /* of a refusal, for metrics and log; static */
    const char *reason;
};

/* The user of a review. An engineer has the cluster's prefix and group; a doubtful user has one of the two. */
enum who { WHO_OTHER, WHO_ENGINEER, WHO_DOUBTFUL };
enum who decide_who(const struct lbx_cluster *cluster, const struct subject *subject,
                    const char **ret_engineer_id);

/* An authorization review; absent text is "" or NULL. */
struct attributes {
    const char *verb, *group, *resource, *subresource, *namespace, *name;
};
/* The reason where reading needs no grant. */
#define DECIDE_OPEN_REASON "lockbox: discovery needs no grant"

/* Makes the question for access_check. NULL: done. Otherwise the code of a refusal that needs no question. */
const char *decide_question(const struct review *review, const char *engineer_id,
                            const struct attributes *attributes, struct question *ret_question);
struct verdict decide_attributes(const struct review *review, const char *engineer_id,
                                 const struct attributes *attributes);
struct verdict decide_path(const struct review *review, const char *verb, const char *path);

/* An admission review: a change of one object. operation: CREATE, UPDATE or DELETE. */
struct change {
    const char *operation, *group, *kind, *subresource, *namespace, *name;
    const char *uid;                    /* of the object that a DELETE removes; NULL: none */
    struct lbx_content_objects objects; /* for CREATE and UPDATE */
};
struct verdict decide_change(const struct review *review, const char *engineer_id,
                             const struct change *change);

struct verdict decide_refuse(const struct review *review, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
