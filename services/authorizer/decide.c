/* Converts Kubernetes verbs and resources to questions of access_check. Promises a refusal for verbs without a row,
 * resources that the cluster's discovery does not have, and questions without an answer. Cannot fail otherwise. */
#include "decide.h"

#include "base/clock.h"
#include "base/time.h"
#include "contents.h"
#include "evidence.h"
#include "kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* access_check's placeholder: admission asks again, with name and content. */
#define LATER "*"
enum { ENGINEER_ID_MAX = 128 };

static const char *text_or_null(const char *text) {
    return text && *text ? text : NULL;
}

static bool is(const char *text, const char *wanted) {
    return strcmp(text ? text : "", wanted) == 0;
}

/* ---- verdicts ---- */

struct verdict decide_refuse(const struct review *review, const char *code, const char *format,
                             ...) {
    char sentence[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return (struct verdict){
        .code = code, .reason = lbx_arena_printf(review->arena, "lockbox: %s: %s", code, sentence)};
}

static struct verdict refuse_grant(const struct review *review, const struct question *q,
                                   const char *code) {
    const char *what = !q->kind ? "" : " of ", *name = q->name && q->kind ? " " : "";
    return decide_refuse(review, code, "%s %s%s%s%s%s in %s; ask on your ticket",
                         is(code, "no_grant") ? "no grant for" : "no content is agreed for",
                         q->action, what, q->kind ? q->kind : "", name, *name ? q->name : "",
                         q->namespace ? q->namespace : "the cluster");
}

static struct verdict unavailable(const struct review *review) {
    return decide_refuse(review, "unavailable",
                         "nobody can tell now what was agreed to; try again");
}

static struct verdict allow(const struct review *review, const struct grant *grant) {
    char until[LBX_TIME_SIZE];
    lbx_time_format(grant->expires_at, until);
    if (review->basis)
        *review->basis = (struct basis){grant->request_id, grant->version, grant->trace};
    return (struct verdict){.allowed = true,
                            .reason = lbx_arena_printf(review->arena, "lockbox request %s until %s",
                                                       grant->request_id, until)};
}

static struct lbx_attempt attempt_of(const struct question *question) {
    return (struct lbx_attempt){
        .action = question->action,
        .namespace = question->namespace,
        .kind = question->kind,
        .name = question->name,
        .uid = question->uid,
        .content = question->content,
        .is_asked_again = is(question->content_digest, LATER),
        .in_every_namespace = question->in_every_namespace,
    };
}

/* Allows by signatures. Of a cluster with pinned keys, only what their holders signed counts, not the database's word. */
static struct verdict allow_signed(const struct review *review, const struct question *question,
                                   struct grant *grant) {
    const struct lbx_cluster *cluster = review->cluster;
    if (!cluster->trust.approvers)
        return allow(review, grant);
    const struct evidence_question asked = {
        .trust = &cluster->trust,
        .engineer_id = question->engineer_id,
        .resource_id = cluster->resource_id,
        .attempt = attempt_of(question),
        .now_us = lbx_realtime_us(),
    };
    const char *why = evidence_refuses(cluster->evidence, review->database, &asked, grant,
                                       review->arena, &grant->expires_at);
    return why ? decide_refuse(review, "unproved", "request %s: %s", grant->request_id, why)
               : allow(review, grant);
}

/* ---- several grants ---- */

/* Checks whether a grant covers the change; its refusal has a code. */
typedef struct verdict hold_fn(const struct review *review, const struct question *question,
                               const void *context, struct grant *grant);

/* Tries each grant in turn: access_check returns one, and another may cover the change. */
static struct verdict hold_to_any(const struct review *review, const struct question *question,
                                  hold_fn *hold, const void *context, struct grant *named) {
    struct verdict first = hold(review, question, context, named);
    struct grant *list;
    size_t count;
    if (first.allowed || is(first.code, "unavailable"))
        return first;
    if (database_grants(review->database, question, review->arena, &list, &count) != LBX_OK)
        return unavailable(review);
    for (size_t i = 0; i < count; i++) {
        if (is(list[i].request_id, named->request_id))
            continue;
        struct verdict verdict = hold(review, question, context, &list[i]);
        if (verdict.allowed)
            return verdict;
    }
    return first;
}

/* Compares the object's uid: an object made anew has the approved name, and another uid. */
static struct verdict hold_to_uid(const struct review *review, const struct question *question,
                                  const void *context, struct grant *grant) {
    (void)context;
    const struct lbx_attempt attempt = attempt_of(question);
    enum lbx_err err =
        evidence_covers(review->database, grant->request_id, &attempt, review->arena);
    if (err == LBX_ERR_CONFLICT)
        return decide_refuse(review, "uid_changed",
                             "%s %s is not the object that was agreed to; ask on your ticket",
                             question->kind, question->name);
    return err == LBX_OK ? allow_signed(review, question, grant) : unavailable(review);
}

/* Checks that an item covers a list: access_check does not distinguish a cluster-scoped name from that name in all namespaces. */
static struct verdict hold_to_list(const struct review *review, const struct question *question,
                                   struct grant *grant) {
    const struct lbx_attempt attempt = attempt_of(question);
    enum lbx_err err =
        evidence_covers(review->database, grant->request_id, &attempt, review->arena);
    if (err == LBX_ERR_CONFLICT)
        return refuse_grant(review, question, "no_grant");
    return err == LBX_OK ? allow_signed(review, question, grant) : unavailable(review);
}

static struct verdict ask(const struct review *review, const struct question *question) {
    struct grant grant = {0};
    if (database_ask(review->database, question, review->arena, &grant) != LBX_OK)
        return unavailable(review);
    if (grant.allowed && grant.request_id && grant.expires_at && grant.reason)
        return question->uid ? hold_to_any(review, question, hold_to_uid, NULL, &grant)
               : question->in_every_namespace ? hold_to_list(review, question, &grant)
                                              : allow_signed(review, question, &grant);
    return refuse_grant(review, question,
                        is(grant.reason, "content_required") ? "content_required" : "no_grant");
}

/* ---- users ---- */

static bool in_group(const struct subject *subject, const char *group) {
    for (size_t i = 0; i < subject->group_count; i++)
        if (is(subject->groups[i], group))
            return true;
    return false;
}

enum who decide_who(const struct lbx_cluster *cluster, const struct subject *subject,
                    const char **ret_engineer_id) {
    size_t prefix = strlen(cluster->username_prefix);
    const char *user = subject->user ? subject->user : "";
    bool named = strncmp(user, cluster->username_prefix, prefix) == 0;
    bool member = in_group(subject, cluster->group);
    if (!named && !member)
        return WHO_OTHER;
    size_t len = strlen(user) - (named ? prefix : 0);
    *ret_engineer_id = named && len ? user + prefix : user;
    return named && member && len > 0 && len <= ENGINEER_ID_MAX ? WHO_ENGINEER : WHO_DOUBTFUL;
}

/* ---- authorization ---- */

static const struct {
    const char *verb, *action, *content_digest;
} verbs[] = {
    {"create", "create_object", LATER},    {"get", "list_or_get_objects", NULL},
    {"list", "list_or_get_objects", NULL}, {"update", "update_object", LATER},
    {"patch", "update_object", LATER},     {"delete", "delete_object", NULL},
};

/* Decides server-side apply, which asks for `patch` before it is known whether the object exists. If a
 * creation of that name is approved, the answer is yes; admission refuses if it becomes an update. */
static struct verdict decide_apply(const struct review *review, const struct question *update,
                                   struct verdict refusal) {
    struct question create = *update;
    struct grant *list;
    size_t count;
    create.action = "create_object";
    if (database_grants(review->database, &create, review->arena, &list, &count) != LBX_OK)
        return unavailable(review);
    for (size_t i = 0; i < count; i++) {
        struct verdict verdict = {0};
        if (list[i].is_named && (verdict = allow_signed(review, &create, &list[i])).allowed)
            return verdict;
    }
    return refusal;
}

/* Whether it is a review of the user's own permissions (auth can-i), which no grant can cover. */
static bool is_own_review(const char *group, const char *kind_or_resource) {
    return (is(group, "authorization.k8s.io") || is(group, "authentication.k8s.io")) &&
           (strncmp(kind_or_resource, "selfsubject", strlen("selfsubject")) == 0 ||
            strncmp(kind_or_resource, "SelfSubject", strlen("SelfSubject")) == 0);
}

static bool is_logs(const struct attributes *it) {
    return is(it->resource, "pods") && is(it->group, "") && is(it->subresource, "log");
}

const char *decide_question(const struct review *review, const char *engineer_id,
                            const struct attributes *it, struct question *ret_question) {
    struct kind kind;
    size_t row = 0;
    *ret_question = (struct question){.engineer_id = engineer_id,
                                      .resource_id = review->cluster->resource_id,
                                      .namespace = text_or_null(it->namespace),
                                      .name = text_or_null(it->name)};
    if (text_or_null(it->subresource) && !is_logs(it))
        return "subresource_not_permitted";
    while (row < sizeof verbs / sizeof *verbs && !is(it->verb, verbs[row].verb))
        row++;
    if (row == sizeof verbs / sizeof *verbs || (is_logs(it) && !is(it->verb, "get")) ||
        is_own_review(it->group, it->resource))
        return "verb_not_permitted";
    ret_question->action = is_logs(it) ? "get_pod_logs" : verbs[row].action;
    if (is_logs(it))
        return NULL;
    if (!kinds_find(review->cluster, it->group ? it->group : "", it->resource, review->arena,
                    &kind))
        return "unknown_resource";
    ret_question->content_digest = verbs[row].content_digest;
    ret_question->kind = kind.name;
    if (!kind.namespaced)
        ret_question->namespace = NULL;
    ret_question->in_every_namespace =
        kind.namespaced && !ret_question->namespace && ret_question->name;
    return NULL;
}

struct verdict decide_attributes(const struct review *review, const char *engineer_id,
                                 const struct attributes *it) {
    struct question question;
    const char *code = decide_question(review, engineer_id, it, &question);
    const char *slash = text_or_null(it->subresource) ? "/" : "";
    if (code)
        return decide_refuse(review, code, "%s of %s%s%s in API group \"%s\"", it->verb,
                             it->resource, slash, *slash ? it->subresource : "",
                             it->group ? it->group : "");
    struct verdict verdict = ask(review, &question);
    if (!verdict.allowed && !is(verdict.code, "unavailable") && is(it->verb, "patch") &&
        question.name)
        return decide_apply(review, &question, verdict);
    return verdict;
}

/* ---- paths that are no resources ---- */

static bool is_below(const char *path, const char *prefix) {
    size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 && path[len] == '/';
}

static bool is_open(const char *path) {
    static const char *const exact[] = {"/version", "/api",   "/apis",
                                        "/healthz", "/livez", "/readyz"};
    static const char *const below[] = {"/api",     "/apis",  "/openapi",
                                        "/healthz", "/livez", "/readyz"};
    if (strstr(path, "/../") || strstr(path, "//") || strchr(path, '%'))
        return false;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (is(path, exact[i]))
            return true;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        if (is_below(path, below[i]))
            return true;
    return false;
}

struct verdict decide_path(const struct review *review, const char *verb, const char *path) {
    if (is(verb, "get") && is_open(path))
        return (struct verdict){.allowed = true, .reason = DECIDE_OPEN_REASON};
    return decide_refuse(review, "path_not_permitted", "nobody can agree to %s of that path", verb);
}

/* ---- admission ---- */

static const char *action_of(const char *operation) {
    return is(operation, "CREATE")   ? "create_object"
           : is(operation, "UPDATE") ? "update_object"
           : is(operation, "DELETE") ? "delete_object"
                                     : NULL;
}

/* Compares the change's content with the approved one. context: the objects. */
static struct verdict hold_to_content(const struct review *review, const struct question *question,
                                      const void *context, struct grant *grant) {
    const struct lbx_content_objects *objects = context;
    struct question whole = *question;
    struct lbx_item_content content = {0};
    const char *why;
    const struct lbx_attempt attempt = attempt_of(question);
    enum lbx_err err = contents_agreed(review->database, grant->request_id, &attempt, objects,
                                       review->arena, &content, &why);
    if (err == LBX_ERR_CONFLICT)
        return decide_refuse(review, "content_changed", "%s; ask on your ticket", why);
    if (err != LBX_OK)
        return unavailable(review);
    whole.content_digest = content.digest;
    whole.content = content.digest ? &content : NULL;
    return ask(review, &whole);
}

/* Asks for any content first, to find the request; then for the change's content. */
static struct verdict ask_with_content(const struct review *review, struct question *question,
                                       const struct lbx_content_objects *objects) {
    struct grant grant = {0};
    question->content_digest = LATER;
    if (database_ask(review->database, question, review->arena, &grant) != LBX_OK)
        return unavailable(review);
    if (!grant.allowed || !grant.request_id)
        return refuse_grant(review, question, "no_grant");
    return hold_to_any(review, question, hold_to_content, objects, &grant);
}

struct verdict decide_change(const struct review *review, const char *engineer_id,
                             const struct change *it) {
    const char *action = action_of(it->operation);
    if (text_or_null(it->subresource))
        return decide_refuse(review, "subresource_not_permitted", "nobody can agree to %s of %s/%s",
                             it->operation, it->kind, it->subresource);
    if (!action || is_own_review(it->group, it->kind))
        return decide_refuse(review, "verb_not_permitted", "nobody can agree to %s of %s",
                             it->operation, it->kind);
    bool is_namespace = is(it->kind, "Namespace") && is(it->group, "");
    const char *kind = text_or_null(it->group)
                           ? lbx_arena_printf(review->arena, "%s.%s", it->kind, it->group)
                           : it->kind;
    struct question question = {
        .engineer_id = engineer_id,
        .resource_id = review->cluster->resource_id,
        .action = action,
        .namespace = is_namespace ? NULL : text_or_null(it->namespace),
        .kind = kind,
        .name = text_or_null(it->name),
    };
    if (!is(it->operation, "DELETE"))
        return ask_with_content(review, &question, &it->objects);
    question.uid = it->uid ? it->uid : "";
    return ask(review, &question);
}
