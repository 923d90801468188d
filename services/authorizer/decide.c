/* Verbs and resources of Kubernetes as questions of access_check. A verb has a row here, or is refused; a resource is a
 * kind by the cluster's own discovery, or is refused; no answer of the database is a refusal. */
#include "decide.h"

#include "base/time.h"
#include "kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* access_check's word for "asked again by admission, with name and content". */
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
    return (struct verdict){.allowed = true,
                            .reason = lbx_arena_printf(review->arena, "lockbox request %s until %s",
                                                       grant->request_id, until)};
}

static struct verdict ask(const struct review *review, const struct question *question) {
    struct grant grant = {0};
    if (database_ask(review->database, question, review->arena, &grant) != LBX_OK)
        return unavailable(review);
    if (grant.allowed && grant.request_id && grant.expires_at)
        return allow(review, &grant);
    return refuse_grant(review, question,
                        is(grant.reason, "content_required") ? "content_required" : "no_grant");
}

/* ---- who ---- */

static bool in_group(const struct subject *subject, const char *group) {
    for (size_t i = 0; i < subject->group_count; i++)
        if (is(subject->groups[i], group))
            return true;
    return false;
}

enum who decide_who(const struct cluster *cluster, const struct subject *subject,
                    const char **ret_engineer_id) {
    size_t prefix = strlen(cluster->username_prefix);
    const char *user = subject->user ? subject->user : "";
    bool named = strncmp(user, cluster->username_prefix, prefix) == 0;
    bool member = in_group(subject, cluster->group);
    if (!named && !member)
        return WHO_OTHER;
    *ret_engineer_id = user + (named ? prefix : 0);
    size_t len = strlen(*ret_engineer_id);
    return named && member && len > 0 && len <= ENGINEER_ID_MAX ? WHO_ENGINEER : WHO_DOUBTFUL;
}

bool decide_is_master(const struct subject *subject) {
    return in_group(subject, "system:masters");
}

/* ---- authorization ---- */

static const struct {
    const char *verb, *action, *content_digest;
} verbs[] = {
    {"create", "create_object", LATER},    {"get", "list_or_get_objects", NULL},
    {"list", "list_or_get_objects", NULL}, {"update", "update_object", LATER},
    {"patch", "update_object", LATER},     {"delete", "delete_object", NULL},
};

static struct verdict decide_logs(const struct review *review, const char *engineer_id,
                                  const struct attributes *it) {
    if (!is(it->verb, "get"))
        return decide_refuse(review, "verb_not_permitted", "nobody can agree to %s of pods/log",
                             it->verb);
    return ask(review, &(struct question){.engineer_id = engineer_id,
                                          .resource_id = review->cluster->resource_id,
                                          .action = "get_pod_logs",
                                          .namespace = text_or_null(it->namespace),
                                          .name = text_or_null(it->name)});
}

/* A server-side apply asks for `patch` before anybody knows whether there is such an object. Where the name's creation
 * is agreed to (reading the name is then, too), admission says no if it turns out an update. */
static struct verdict decide_apply(const struct review *review, const struct question *update,
                                   struct verdict refusal) {
    struct question create = *update, get = *update;
    create.action = "create_object";
    get.action = "list_or_get_objects";
    get.content_digest = NULL;
    struct verdict verdict = ask(review, &create);
    return verdict.allowed && ask(review, &get).allowed ? verdict : refusal;
}

struct verdict decide_attributes(const struct review *review, const char *engineer_id,
                                 const struct attributes *it) {
    struct kind kind;
    size_t row = 0;
    if (is(it->resource, "pods") && is(it->group, "") && is(it->subresource, "log"))
        return decide_logs(review, engineer_id, it);
    if (text_or_null(it->subresource))
        return decide_refuse(review, "subresource_not_permitted", "nobody can agree to %s/%s",
                             it->resource, it->subresource);
    while (row < sizeof verbs / sizeof *verbs && !is(it->verb, verbs[row].verb))
        row++;
    if (row == sizeof verbs / sizeof *verbs)
        return decide_refuse(review, "verb_not_permitted", "nobody can agree to %s of %s", it->verb,
                             it->resource);
    if (!kinds_find(review->cluster, it->group ? it->group : "", it->resource, review->arena,
                    &kind))
        return decide_refuse(review, "unknown_resource", "the cluster's discovery has no %s.%s",
                             it->resource, it->group ? it->group : "");
    const struct question question = {
        .engineer_id = engineer_id,
        .resource_id = review->cluster->resource_id,
        .action = verbs[row].action,
        .namespace = kind.namespaced ? text_or_null(it->namespace) : NULL,
        .kind = kind.name,
        .name = text_or_null(it->name),
        .content_digest = verbs[row].content_digest,
    };
    struct verdict verdict = ask(review, &question);
    if (!verdict.allowed && is(it->verb, "patch") && question.name)
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
        return (struct verdict){.allowed = true, .reason = "lockbox: discovery needs no grant"};
    return decide_refuse(review, "path_not_permitted", "nobody can agree to %s of that path", verb);
}

/* ---- admission ---- */

static const char *action_of(const char *operation) {
    return is(operation, "CREATE")   ? "create_object"
           : is(operation, "UPDATE") ? "update_object"
           : is(operation, "DELETE") ? "delete_object"
                                     : NULL;
}

struct verdict decide_change(const struct review *review, const char *engineer_id,
                             const struct change *it) {
    const char *action = action_of(it->operation);
    if (!action)
        return decide_refuse(review, "verb_not_permitted", "nobody can agree to %s", it->operation);
    if (text_or_null(it->subresource))
        return decide_refuse(review, "subresource_not_permitted", "nobody can agree to %s of %s/%s",
                             it->operation, it->kind, it->subresource);
    bool is_namespace = is(it->kind, "Namespace") && is(it->group, "");
    const char *kind = text_or_null(it->group)
                           ? lbx_arena_printf(review->arena, "%s.%s", it->kind, it->group)
                           : it->kind;
    return ask(review,
               &(struct question){.engineer_id = engineer_id,
                                  .resource_id = review->cluster->resource_id,
                                  .action = action,
                                  .namespace = is_namespace ? NULL : text_or_null(it->namespace),
                                  .kind = kind,
                                  .name = text_or_null(it->name)});
}
