/* Sends requests to an API server with an identity of the customer's. Promises that each request that
 * could change something has dryRun=All. Fails with DRY_RUN_UNAVAILABLE on any unclear answer. */
#include "dry_runs.h"

#include "io/fetch.h"
#include "json/read.h"

#include <string.h>

enum { OBJECT_MAX = 4 << 20, SECONDS = 15 };

struct status {
    const char *message;
};
static const struct lbx_field status_rows[] = {LBX_ROW_TEXT(status, message, .max = 65536)};
static const struct lbx_table status_table = LBX_TABLE("Status", status, status_rows);

/* Appends a path segment; characters with a meaning in URLs are percent-encoded. */
static void add_segment(struct lbx_buf *url, const char *text) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    lbx_buf_char(url, '/');
    for (; *text; text++)
        if (strchr(plain, *text))
            lbx_buf_char(url, *text);
        else
            lbx_buf_printf(url, "%%%02X", (unsigned)(unsigned char)*text);
}

/* name NULL: the URL of the collection. */
static void add_url(const struct dry_run_target *target, const char *name, struct lbx_buf *url) {
    const struct kind *kind = &target->kind;
    lbx_buf_str(url, target->cluster->server);
    lbx_buf_str(url, *kind->group ? "/apis" : "/api");
    if (*kind->group)
        add_segment(url, kind->group);
    add_segment(url, kind->version);
    if (target->namespace) {
        lbx_buf_str(url, "/namespaces");
        add_segment(url, target->namespace);
    }
    add_segment(url, kind->resource);
    if (name)
        add_segment(url, name);
}

static enum dry_run_state state_of(long status, bool is_creation) {
    switch (status) {
    case 200:
    case 201:
        return DRY_RUN_DONE;
    case 404:
        return DRY_RUN_NOT_FOUND;
    case 401:
    case 403:
        return DRY_RUN_FORBIDDEN;
    case 409:
        return is_creation ? DRY_RUN_EXISTS : DRY_RUN_REJECTED;
    default:
        return status >= 400 && status < 500 && status != 429 ? DRY_RUN_REJECTED
                                                              : DRY_RUN_UNAVAILABLE;
    }
}

static struct lbx_fetch_tls customer_of(const struct dry_run_target *target) {
    return (struct lbx_fetch_tls){target->cluster->ca_file, target->cluster->certificate_file,
                                  target->cluster->key_file};
}

/* Converts an answer to a state, and takes over its body. */
static void conclude(enum lbx_err err, const char *why, struct lbx_answer *answer, bool is_creation,
                     struct lbx_arena *arena, struct dry_run *ret_run) {
    struct status status = {0};
    *ret_run = (struct dry_run){
        .state = err == LBX_OK ? state_of(answer->status, is_creation) : DRY_RUN_UNAVAILABLE,
        .json = answer->body,
        .message = lbx_arena_strdup(arena, err == LBX_OK ? "" : why),
    };
    if (err == LBX_OK && ret_run->state != DRY_RUN_DONE && answer->body.len &&
        lbx_json_read_partial(&status_table, answer->body.data, answer->body.len, arena, &status) &&
        status.message)
        ret_run->message = status.message;
}

void dry_run_get(const struct dry_run_target *target, struct lbx_arena *arena,
                 struct dry_run *ret_run) {
    const struct lbx_fetch_tls tls = customer_of(target);
    struct lbx_buf url LBX_BUF = {0};
    struct lbx_answer answer = {0};
    const char *why = "";
    add_url(target, target->name, &url);
    enum lbx_err err =
        lbx_fetch_get(url.data, "application/json", &tls, OBJECT_MAX, SECONDS, &answer, &why);
    conclude(err, why, &answer, false, arena, ret_run);
}

/* The field managers of kubectl, so that server-side apply sees the same owners of fields as it will then. */
static const struct {
    const char *content_type, *query;
} changes[] = {
    [DRY_RUN_CREATE] = {"application/json", "fieldManager=kubectl-create"},
    [DRY_RUN_APPLY] = {"application/apply-patch+yaml", "fieldManager=kubectl&force=true"},
    [DRY_RUN_JSON] = {"application/json-patch+json", "fieldManager=kubectl-patch"},
    [DRY_RUN_MERGE] = {"application/merge-patch+json", "fieldManager=kubectl-patch"},
    [DRY_RUN_STRATEGIC] = {"application/strategic-merge-patch+json", "fieldManager=kubectl-patch"},
};

void dry_run_change(const struct dry_run_target *target, enum dry_run_change change,
                    const char *body, struct lbx_arena *arena, struct dry_run *ret_run) {
    const struct lbx_fetch_tls tls = customer_of(target);
    const struct lbx_buf bytes = {.data = (char *)body, .len = strlen(body)};
    struct lbx_buf url LBX_BUF = {0};
    struct lbx_answer answer = {0};
    const char *why = "";
    bool creates = change == DRY_RUN_CREATE;
    add_url(target, creates ? NULL : target->name, &url);
    lbx_buf_printf(&url, "?dryRun=All&fieldValidation=Strict&%s", changes[change].query);
    enum lbx_err err = (creates ? lbx_fetch_post : lbx_fetch_patch)(
        url.data, changes[change].content_type, &tls, &bytes, OBJECT_MAX, SECONDS, &answer, &why);
    conclude(err, why, &answer, creates, arena, ret_run);
}
