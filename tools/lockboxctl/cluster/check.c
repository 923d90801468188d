/* cluster check: asks the API server what it would answer to an engineer without grants, and compares its flags with those of
 * cluster config. Promises "unknown" for anything that cannot be read, never "ok". Fails with exit code 1 where something is wrong. */
#include "check.h"

#include "base/file.h"
#include "commands.h"
#include "io/fetch.h"
#include "io/secret.h"
#include "json/read.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, MANIFEST_MAX = 1 << 20, SECONDS = 10 };
#define NOBODY "lockboxctl-check"

void check_add(struct check *check, const char *what, enum check_state state, const char *detail) {
    static const char *const words[] = {"ok", "wrong", "unknown"};
    const char *cells[] = {what, words[state], detail};
    ctl_rows_add(&check->rows, cells);
    check->all_ok &= state == CHECK_OK;
    if (state != CHECK_OK)
        ctl_fail(CTL_NO, "%s: %s: %s", what, words[state], detail);
}

/* ---- answers of the API server ---- */

struct review_status {
    bool allowed, denied;
    const char *reason, *error;
};
struct review {
    struct review_status status;
};
static const struct lbx_field status_rows[] = {
    LBX_ROW_BOOL(review_status, allowed),
    LBX_ROW_BOOL(review_status, denied),
    LBX_ROW_TEXT(review_status, reason, .max = 4096),
    LBX_ROW_AS("evaluationError", review_status, error, LBX_T_TEXT, const char *, .max = 65536),
};
static const struct lbx_table status_table = LBX_TABLE("status", review_status, status_rows);
static const struct lbx_field review_rows[] = {
    LBX_ROW_OBJECT(review, status, struct review_status, .required = true, .of = &status_table),
};
static const struct lbx_table review_table = LBX_TABLE("review", review, review_rows);

/* Questions of an engineer whom Lockbox does not know: each must be refused by the authorizer, with this reason. */
static const struct question {
    const char *what;
    bool named, member; /* has the user name's prefix; has the group */
    const char *verb, *group, *resource, *namespace, *reason;
} questions[] = {
    {"an engineer is refused", true, true, "get", "", "pods", "default", "lockbox: "},
    {"before RBAC", true, true, "create", "authorization.k8s.io", "selfsubjectaccessreviews", "",
     "lockbox: "},
    {"the prefix without the group", true, false, "create", "authorization.k8s.io",
     "selfsubjectaccessreviews", "", "lockbox: identity: "},
    {"the group without the prefix", false, true, "create", "authorization.k8s.io",
     "selfsubjectaccessreviews", "", "lockbox: identity: "},
    {"impersonation", true, true, "impersonate", "", "users", "", "lockbox: "},
};

static void write_review(const struct check *check, const struct question *it,
                         struct lbx_buf *out) {
    const char *user = lbx_arena_printf(&check->ctl->arena, "%s%s",
                                        it->named ? check->cluster->username_prefix : "", NOBODY);
    lbx_buf_str(
        out,
        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"user\":");
    lbx_buf_json_str(out, user, strlen(user));
    lbx_buf_str(out, ",\"groups\":[\"system:authenticated\"");
    if (it->member) {
        lbx_buf_char(out, ',');
        lbx_buf_json_str(out, check->cluster->group, strlen(check->cluster->group));
    }
    lbx_buf_printf(
        out,
        "],\"resourceAttributes\":{\"verb\":\"%s\",\"group\":\"%s\",\"resource\":\"%s\",\"namespace\":\"%s\"}}}",
        it->verb, it->group, it->resource, it->namespace);
}

static void judge(struct check *check, const struct question *it,
                  const struct review_status *status) {
    struct lbx_arena *arena = &check->ctl->arena;
    const char *reason = status->reason ? status->reason : "no reason given";
    if (status->allowed)
        check_add(check, it->what, CHECK_WRONG,
                  lbx_arena_printf(arena, "allowed, by another authorizer: %s", reason));
    else if (!status->denied)
        check_add(check, it->what, CHECK_WRONG,
                  lbx_arena_printf(arena,
                                   "no authorizer denies it, and one behind might allow it: %s",
                                   status->error ? status->error : reason));
    else if (strncmp(reason, it->reason, strlen(it->reason)) != 0)
        check_add(check, it->what, CHECK_WRONG,
                  lbx_arena_printf(arena, "denied, and not by Lockbox: %s",
                                   status->error ? status->error : reason));
    else
        check_add(check, it->what, CHECK_OK, NULL);
}

static void ask(struct check *check, const struct question *it) {
    const struct lbx_cluster *cluster = check->cluster;
    struct lbx_arena *arena = &check->ctl->arena;
    const struct lbx_fetch_tls tls = {cluster->ca_file, cluster->certificate_file,
                                      cluster->key_file};
    const char *url = lbx_arena_printf(
        arena, "%s/apis/authorization.k8s.io/v1/subjectaccessreviews", cluster->server);
    struct lbx_buf body LBX_BUF = {0};
    struct lbx_answer answer = {0};
    struct lbx_reason reason;
    struct review review = {0};
    const char *why = "";
    write_review(check, it, &body);
    enum lbx_err err =
        lbx_fetch_post(url, "application/json", &tls, &body, ANSWER_MAX, SECONDS, &answer, &why);
    if (err == LBX_OK && answer.status == 201 &&
        lbx_json_read(&review_table, answer.body.data, answer.body.len, "", arena, &review,
                      &reason) == LBX_OK)
        judge(check, it, &review.status);
    else
        check_add(check, it->what, CHECK_UNKNOWN,
                  err != LBX_OK          ? why
                  : answer.status == 403 ? "this identity may not create SubjectAccessReviews"
                                         : lbx_arena_printf(arena, "HTTP %ld", answer.status));
    lbx_buf_done(&answer.body);
}

static void ask_all(struct check *check) {
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (check->cluster->server)
            ask(check, &questions[i]);
        else
            check_add(check, questions[i].what, CHECK_UNKNOWN, "the clusters file has no server");
}

/* ---- sources of flags ---- */

static const char *flagz(struct check *check) {
    const struct lbx_cluster *cluster = check->cluster;
    const struct lbx_fetch_tls tls = {cluster->ca_file, cluster->certificate_file,
                                      cluster->key_file};
    struct lbx_answer answer = {0};
    const char *why = "", *text = NULL;
    if (!cluster->server)
        return NULL;
    const char *url = lbx_arena_printf(&check->ctl->arena, "%s/flagz", cluster->server);
    if (lbx_fetch_get(url, "text/plain", &tls, ANSWER_MAX, SECONDS, &answer, &why) == LBX_OK &&
        answer.status == 200)
        text = lbx_arena_memdup(&check->ctl->arena, answer.body.data, answer.body.len);
    lbx_buf_done(&answer.body);
    return text;
}

static enum ctl_exit look(struct check *check) {
    const char *manifest = check->ctl->options[CTL_MANIFEST];
    struct lbx_buf text LBX_BUF = {0};
    if (manifest && !lbx_file_read(manifest, MANIFEST_MAX, &text))
        return ctl_fail(CTL_NO, "%s: cannot be read", manifest);
    ask_all(check);
    check_flags(check, manifest ? text.data : flagz(check));
    ctl_rows_print(&check->rows, check->ctl->format);
    return check->all_ok ? CTL_DONE : CTL_NO;
}

/* Checks the key file, which libcurl reads by name. */
static enum ctl_exit check_key(const struct lbx_cluster *cluster) {
    char why[LBX_SECRET_WHY_SIZE];
    return !cluster->key_file || lbx_secret_is_private(cluster->key_file, why)
               ? CTL_DONE
               : ctl_fail(CTL_USAGE, "LOCKBOX_CLUSTERS_FILE: key_file %s", why);
}

enum ctl_exit ctl_cluster_check(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"what"}, {"state", CTL_CELL_STATE}, {"problem", .wide = true}};
    struct lbx_clusters *clusters CTL_CLUSTERS = NULL;
    struct check check = {.ctl = ctl, .all_ok = true};
    enum ctl_exit code = ctl_cluster_find(ctl, &clusters, &check.cluster);
    if (code == CTL_DONE)
        code = check_key(check.cluster);
    if (code == CTL_DONE && !ctl_authorizer_host(ctl))
        code = ctl_fail(
            CTL_USAGE,
            "LOCKBOX_AUTHORIZER_URL takes the https URL that the cluster reaches the authorizer by");
    if (code != CTL_DONE)
        return code;
    CTL_ROWS_INIT(&check.rows, columns);
    code = look(&check);
    ctl_rows_done(&check.rows);
    return code;
}
