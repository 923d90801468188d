/* cluster propose: asks the authorizer for the content of a change, and prints it as an item of an access request. Only
 * the authorizer has the customer's identity; this program has its own certificate. Fails with the authorizer's reason. */
#include "base/file.h"
#include "commands.h"
#include "config.h"
#include "io/fetch.h"
#include "io/secret.h"
#include "json/read.h"

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 1 << 20, ANSWER_MAX = 4 << 20, SECONDS = 90 };

struct refusal {
    const char *code, *message;
};
static const struct lbx_field refusal_rows[] = {
    LBX_ROW_TEXT(refusal, code, .max = 256),
    LBX_ROW_TEXT(refusal, message, .max = 1 << 20),
};
static const struct lbx_table refusal_table = LBX_TABLE("refusal", refusal, refusal_rows);

/* ---- the request ---- */

static void add_member(struct lbx_buf *out, const char *name, const char *value) {
    if (!value)
        return;
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, value, strlen(value));
}

static enum ctl_exit add_json(const char *what, const char *text, size_t len, const char *advice,
                              struct lbx_buf *out) {
    struct lbx_json value LBX_CLEANUP(lbx_json_done) = {.text = text, .len = len};
    struct lbx_reason reason = {{0}};
    if (!lbx_json_check(&value, &reason) || lbx_json_is_absent(&value))
        return ctl_fail(CTL_USAGE, "%s is no JSON%s%s", what, advice, reason.text);
    lbx_buf_add(out, text, len);
    return CTL_DONE;
}

static enum ctl_exit add_object(const char *file, struct lbx_buf *out) {
    const char *path = strcmp(file, "-") == 0 ? "/dev/stdin" : file;
    struct lbx_buf text LBX_BUF = {0};
    if (!lbx_file_read(path, BODY_MAX, &text))
        return ctl_fail(CTL_NO, "%s: cannot be read", file);
    lbx_buf_str(out, ",\"object\":");
    return add_json(file, text.data ? text.data : "", text.len,
                    ": kubectl create --dry-run=client -o json -f FILE writes it so; ", out);
}

static enum ctl_exit add_patch(const struct ctl *ctl, struct lbx_buf *out) {
    const char *type = ctl->options[CTL_TYPE], *patch = ctl->options[CTL_PATCH];
    if (!ctl->options[CTL_KIND] || !ctl->options[CTL_NAME])
        return ctl_fail(CTL_USAGE, "--patch takes --kind and --name: which object it is of");
    add_member(out, "kind", ctl->options[CTL_KIND]);
    add_member(out, "namespace", ctl->options[CTL_NAMESPACE]);
    add_member(out, "name", ctl->options[CTL_NAME]);
    lbx_buf_str(out, ",\"patch\":{\"type\":");
    lbx_buf_json_str(out, type ? type : "strategic", strlen(type ? type : "strategic"));
    lbx_buf_str(out, ",\"body\":");
    enum ctl_exit code = add_json("--patch", patch, strlen(patch), ": ", out);
    lbx_buf_char(out, '}');
    return code;
}

static enum ctl_exit write_request(const struct ctl *ctl, struct lbx_buf *out) {
    const char *engineer = ctl->options[CTL_ENGINEER], *file = ctl->options[CTL_FILE];
    if (!file == !ctl->options[CTL_PATCH])
        return ctl_fail(CTL_USAGE, "-f or --patch, one of both");
    lbx_buf_str(out, "{\"engineer_id\":");
    lbx_buf_json_str(out, engineer, strlen(engineer));
    enum ctl_exit code = file ? add_object(file, out) : add_patch(ctl, out);
    lbx_buf_char(out, '}');
    return code;
}

/* ---- the answer ---- */

static enum ctl_exit take(struct ctl *ctl, const struct lbx_answer *answer) {
    struct refusal refusal = {0};
    const char *text = answer->body.data ? answer->body.data : "";
    if (answer->status == 401 || answer->status == 403)
        return ctl_fail(CTL_NO,
                        "the authorizer does not take this certificate: its common name belongs "
                        "into preview_clients of the cluster");
    if (answer->status == 404)
        return ctl_fail(CTL_NO, "the authorizer has no cluster %s", ctl->args[0]);
    (void)lbx_json_read_partial(&refusal_table, text, answer->body.len, &ctl->arena, &refusal);
    if (refusal.code)
        return ctl_fail(CTL_NO, "%s: %s", refusal.code, refusal.message ? refusal.message : "");
    if (answer->status != 200)
        return ctl_fail(CTL_UNREACHABLE, "the authorizer answers HTTP %ld", answer->status);
    puts(text);
    return CTL_DONE;
}

static enum ctl_exit ask(struct ctl *ctl, const struct lbx_buf *body) {
    const struct lbx_settings *settings = &ctl->settings;
    const struct lbx_fetch_tls tls = {settings->authorizer_server_ca_file,
                                      settings->preview_certificate_file,
                                      settings->preview_key_file};
    const char *url = lbx_arena_printf(&ctl->arena, "https://%s/clusters/%s/preview",
                                       ctl_authorizer_host(ctl), ctl->args[0]);
    struct lbx_answer answer = {0};
    const char *why = "";
    enum lbx_err err =
        lbx_fetch_post(url, "application/json", &tls, body, ANSWER_MAX, SECONDS, &answer, &why);
    enum ctl_exit code =
        err == LBX_OK ? take(ctl, &answer) : ctl_fail(CTL_UNREACHABLE, "the authorizer: %s", why);
    lbx_buf_done(&answer.body);
    return code;
}

static enum ctl_exit demand_settings(struct ctl *ctl) {
    const struct {
        const char *name, *value;
    } needed[] = {
        {"LOCKBOX_AUTHORIZER_URL", ctl_authorizer_host(ctl)},
        {"LOCKBOX_AUTHORIZER_SERVER_CA_FILE", ctl->settings.authorizer_server_ca_file},
        {"LOCKBOX_PREVIEW_CERTIFICATE_FILE", ctl->settings.preview_certificate_file},
        {"LOCKBOX_PREVIEW_KEY_FILE", ctl->settings.preview_key_file},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value || !*needed[i].value)
            return ctl_fail(CTL_USAGE, "%s has to be given", needed[i].name);
    char why[LBX_SECRET_WHY_SIZE];
    if (!lbx_secret_is_private(ctl->settings.preview_key_file, why))
        return ctl_fail(CTL_USAGE, "LOCKBOX_PREVIEW_KEY_FILE: %s", why);
    return strchr(ctl->args[0], '/') ? ctl_fail(CTL_USAGE, "a cluster's id has no slash")
                                     : CTL_DONE;
}

enum ctl_exit ctl_cluster_propose(struct ctl *ctl) {
    struct lbx_buf body LBX_BUF = {0};
    enum ctl_exit code = demand_settings(ctl);
    if (code == CTL_DONE)
        code = write_request(ctl, &body);
    return code == CTL_DONE ? ask(ctl, &body) : code;
}
