/* Makes content from two dry runs. Promises that forbidden content is not shown, that an existing
 * object is shown only to an engineer who may read it, and that the content is what admission will
 * see. Fails, without content, if the two dry runs differ or the object changed between them. */
#include "preview.h"

#include "contents.h"
#include "core/item.h"
#include "dry_runs.h"
#include "preview_asked.h"

#include <stdio.h>
#include <string.h>

static struct lbx_forbidden_list operators;

void preview_forbid(const struct lbx_forbidden_list *forbidden) {
    operators = *forbidden;
}

/* ---- one preview ---- */

/* code: why there is no content; NULL: so far nothing */
struct making {
    const struct review *review;
    struct preview_asked asked;
    struct dry_run_target target;
    struct lbx_forbidden_list customers; /* what the customer's policy forbids */
    bool exists;
    struct lbx_content content;
    const char *code, *message;
};

static bool refuse(struct making *it, const char *code, const char *message) {
    it->code = code;
    it->message = message;
    return false;
}

/* ---- permissions ---- */

static bool find_target(struct making *it) {
    const struct lbx_cluster *cluster = it->review->cluster;
    const struct preview_asked *asked = &it->asked;
    struct kind kind;
    if (!cluster->server)
        return refuse(it, "unavailable", "the authorizer has no way to this cluster's API server");
    if (!kinds_find_by_name(cluster, asked->kind, asked->version, it->review->arena, &kind))
        return refuse(it, "unknown_resource",
                      "the cluster knows no such kind, or not in that version");
    if (kind.namespaced && !asked->namespace)
        return refuse(it, "malformed", "metadata.namespace is missing");
    if (!kind.namespaced && asked->namespace)
        return refuse(it, "malformed", "the kind is of no namespace");
    it->target = (struct dry_run_target){cluster, kind, asked->namespace, asked->name};
    return true;
}

static struct lbx_item item_of(const struct making *it) {
    return (struct lbx_item){
        .action = it->exists ? "update_object" : "create_object",
        .namespace = it->target.namespace,
        .kind = it->target.kind.name,
        .name = it->target.name,
    };
}

static bool read_policy(struct making *it) {
    const struct review *review = it->review;
    struct lbx_reason reason;
    const char *list;
    if (database_forbidden(review->database, review->cluster->resource_id, review->arena, &list) ==
            LBX_OK &&
        lbx_forbidden_read(list, strlen(list), review->arena, &it->customers, &reason) == LBX_OK)
        return true;
    return refuse(it, "unavailable", "nobody can tell now what is forbidden; try again");
}

/* exists: the object is updated; otherwise created. */
static bool demand_allowed(struct making *it, bool exists) {
    it->exists = exists;
    const struct lbx_item item = item_of(it);
    struct lbx_item_fault fault;
    if (!lbx_item_permitted(&item, &fault))
        return refuse(it, "action_not_permitted", lbx_arena_strdup(it->review->arena, fault.text));
    if (lbx_forbidden_find(&operators, &item) || lbx_forbidden_find(&it->customers, &item))
        return refuse(it, "action_forbidden", "nobody can agree to that");
    return true;
}

/* Whether the engineer may read the existing object. */
static bool demand_reading(struct making *it) {
    const struct kind *kind = &it->target.kind;
    const struct verdict verdict =
        decide_attributes(it->review, it->asked.engineer_id,
                          &(struct attributes){"get", kind->group, kind->resource, "",
                                               it->target.namespace, it->target.name});
    if (verdict.allowed)
        return true;
    return refuse(it, verdict.code,
                  lbx_arena_printf(it->review->arena, "what exists is shown to who may read it: %s",
                                   verdict.reason));
}

/* ---- dry runs ---- */

static bool take_run(struct making *it, const struct dry_run *run) {
    struct lbx_arena *arena = it->review->arena;
    switch (run->state) {
    case DRY_RUN_DONE:
        return true;
    case DRY_RUN_NOT_FOUND:
        return refuse(it, "not_found", lbx_arena_printf(arena, "the API server: %s", run->message));
    case DRY_RUN_EXISTS:
        return refuse(it, "object_changed", "somebody made the object meanwhile; try again");
    case DRY_RUN_FORBIDDEN:
        return refuse(it, "not_previewed",
                      lbx_arena_printf(arena, "the customer's identity may not: %s", run->message));
    case DRY_RUN_REJECTED:
        return refuse(it, "rejected", lbx_arena_printf(arena, "the API server: %s", run->message));
    case DRY_RUN_UNAVAILABLE:
        return refuse(it, "unavailable",
                      lbx_arena_printf(arena, "the API server does not answer: %s", run->message));
    }
    return refuse(it, "unavailable", "");
}

/* Checks before the API server is asked. A patch needs permission to read the object, whether or not it exists. */
static bool demand_possible(struct making *it) {
    if (!read_policy(it))
        return false;
    if (it->asked.patch.body)
        return demand_allowed(it, true) && demand_reading(it);
    if (!demand_allowed(it, false) && !demand_allowed(it, true))
        return false;
    it->code = NULL;
    return true;
}

static bool look(struct making *it, struct dry_run *ret_before) {
    dry_run_get(&it->target, it->review->arena, ret_before);
    bool is_new = ret_before->state == DRY_RUN_NOT_FOUND && it->asked.object;
    if (!is_new && !take_run(it, ret_before))
        return false;
    return demand_allowed(it, !is_new) && (is_new || demand_reading(it));
}

static enum dry_run_change change_of(const struct making *it) {
    return it->asked.patch.body ? (enum dry_run_change)it->asked.patch.type
           : it->exists         ? DRY_RUN_APPLY
                                : DRY_RUN_CREATE;
}

static bool take_content(struct making *it, const struct dry_run *before,
                         const struct dry_run *after, struct lbx_content *ret_content) {
    struct lbx_reason reason = {{0}};
    const char *asked = it->asked.object;
    const struct lbx_json old = {.text = before->json.data, .len = before->json.len},
                          new = {.text = after->json.data, .len = after->json.len},
                          wanted = {.text = asked, .len = asked ? strlen(asked) : 0};
    const struct lbx_content_objects objects = {
        .before = it->exists ? &old : NULL,
        .after = &new,
        .consented = it->exists ? NULL : &wanted,
    };
    enum lbx_err err = lbx_content_make(&objects, it->review->arena, ret_content, &reason);
    if (err == LBX_ERR_LIMIT)
        return refuse(it, "too_large", "more changes than can be agreed to (32 KB)");
    return err == LBX_OK ||
           refuse(it, "no_content", lbx_arena_strdup(it->review->arena, reason.text));
}

/* Gets the object before and after the change. */
static bool run(struct making *it, struct lbx_content *ret_content) {
    const char *body = it->asked.object ? it->asked.object : it->asked.patch.body;
    struct dry_run before = {0}, after = {0};
    bool ok = look(it, &before);
    if (ok) {
        dry_run_change(&it->target, change_of(it), body, it->review->arena, &after);
        ok = take_run(it, &after) && take_content(it, &before, &after, ret_content);
    }
    lbx_buf_done(&before.json);
    lbx_buf_done(&after.json);
    return ok;
}

static bool demand_agreement(struct making *it, const struct lbx_content *again) {
    struct lbx_arena *arena = it->review->arena;
    const struct lbx_content *first = &it->content;
    if (strcmp(first->previous_digest, again->previous_digest) != 0)
        return refuse(it, "object_changed", "the object was changed meanwhile; try again");
    if (strcmp(first->digest, again->digest) == 0 &&
        strcmp(first->changes.data, again->changes.data) == 0)
        return true;
    const char *path = contents_difference(first->changes.data, again->changes.data, arena);
    return refuse(it, "dry_runs_differ",
                  lbx_arena_printf(arena,
                                   "two dry runs differ in %s: what comes by chance has no content",
                                   path && *path ? path : "the object"));
}

static bool make(struct making *it) {
    struct lbx_content again = {0};
    bool ok = find_target(it) && demand_possible(it) && run(it, &it->content) && run(it, &again) &&
              demand_agreement(it, &again);
    lbx_buf_done(&again.changes);
    if (ok && strcmp(it->content.changes.data, "[]") == 0)
        return refuse(it, "nothing_changes", "the object is like that already");
    return ok;
}

/* ---- answers ---- */

static void add_member(struct lbx_buf *out, const char *name, const char *value) {
    if (!value || !*value)
        return;
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, value, strlen(value));
}

static void write_item(const struct making *it, struct lbx_buf *answer) {
    const struct lbx_item item = item_of(it);
    lbx_buf_printf(answer, "{\"action\":\"%s\"", item.action);
    add_member(answer, "namespace", item.namespace);
    add_member(answer, "kind", item.kind);
    add_member(answer, "name", item.name);
    lbx_buf_str(answer, ",\"content\":{\"normal_form\":1");
    add_member(answer, "api_version", it->content.api_version);
    add_member(answer, "digest", it->content.digest);
    add_member(answer, "previous_digest", it->content.previous_digest);
    lbx_buf_printf(answer, ",\"changes\":%s}}", it->content.changes.data);
}

static void write_refusal(const char *code, const char *message, struct lbx_buf *answer) {
    lbx_buf_printf(answer, "{\"code\":\"%s\"", code);
    add_member(answer, "message", message);
    lbx_buf_str(answer, "}");
}

enum lbx_err preview_answer(const struct review *review, const struct lbx_buf *body,
                            struct lbx_buf *answer, const char **ret_code,
                            struct lbx_reason *ret_reason) {
    struct making it = {.review = review};
    if (!preview_asked_read(body, review->arena, &it.asked, ret_reason)) {
        write_refusal("malformed", ret_reason->text, answer);
        return LBX_ERR_INVALID;
    }
    if (make(&it))
        write_item(&it, answer);
    else
        write_refusal(it.code, it.message, answer);
    *ret_code = it.code;
    lbx_buf_done(&it.content.changes);
    return LBX_OK;
}
