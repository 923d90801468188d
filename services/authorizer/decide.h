/* What an engineer may, of what a Kubernetes API server can be asked: anything but a clear yes is a no. */
#ifndef AUTHORIZER_DECIDE_H
#define AUTHORIZER_DECIDE_H

#include "clusters/clusters.h"
#include "content/content.h"
#include "database.h"

struct accesses;

/* The access request that an allowing answer rests on; all zero: none. */
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
    struct basis *basis; /* filled where an answer has one; NULL: nobody asks */
};

struct subject {
    const char *user;
    const char **groups;
    size_t group_count;
};

/* reason: "lockbox request {uuid} until {RFC 3339}", or "lockbox: {code}: {sentence}"; in the arena. */
struct verdict {
    bool allowed;
    const char *code; /* static; of a refusal: what is counted and logged */
    const char *reason;
};

/* Whose request it is. An engineer has the cluster's prefix and its group; somebody has one of both alone. */
enum who { WHO_OTHER, WHO_ENGINEER, WHO_DOUBTFUL };
enum who decide_who(const struct lbx_cluster *cluster, const struct subject *subject,
                    const char **ret_engineer_id);
bool decide_is_master(const struct subject *subject);

/* Of an authorization review; absent text is "" or NULL. */
struct attributes {
    const char *verb, *group, *resource, *subresource, *namespace, *name;
};
/* Reading that needs no grant is allowed for this reason. */
#define DECIDE_OPEN_REASON "lockbox: discovery needs no grant"

/* What access_check is to be asked. Returns NULL, or why nobody can agree to it: the code of a refusal. */
const char *decide_question(const struct review *review, const char *engineer_id,
                            const struct attributes *attributes, struct question *ret_question);
struct verdict decide_attributes(const struct review *review, const char *engineer_id,
                                 const struct attributes *attributes);
struct verdict decide_path(const struct review *review, const char *verb, const char *path);

/* Of an admission review: a change of one object. operation: CREATE, UPDATE or DELETE. */
struct change {
    const char *operation, *group, *kind, *subresource, *namespace, *name;
    const char *uid;                    /* of the object that a DELETE is of; NULL: none */
    struct lbx_content_objects objects; /* of CREATE and UPDATE */
};
struct verdict decide_change(const struct review *review, const char *engineer_id,
                             const struct change *change);

struct verdict decide_refuse(const struct review *review, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
