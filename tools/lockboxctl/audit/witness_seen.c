/* Sends add-checkpoint to each witness with the checkpoint's own size as the old size, and no
 * proof. Promises to show witnesses published checkpoints only. Fails softly: a witness without
 * an answer, or with an invalid signature, counts as one that saw nothing. */
#include "witness_seen.h"

#include "io/fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024, TIMEOUT_S = 10, HTTP_OK = 200, HTTP_CONFLICT = 409 };

static void answer_done(struct lbx_answer *answer) {
    lbx_buf_done(&answer->body);
}

/* Whether a line of the response is the witness's signature on the checkpoint. */
static bool is_signed(const struct lbx_buf *body, const struct lbx_note *note,
                      const struct lbx_verifier *by) {
    const char *at = body->data ? body->data : "", *end = at + body->len;
    while (at < end) {
        struct lbx_note_signature signature;
        uint64_t time;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t len = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        if (lbx_note_signature_read(at, len, &signature) == LBX_OK &&
            lbx_note_signature_verify(&signature, note->text, note->text_len, by, &time) == LBX_OK)
            return true;
        at += len;
    }
    return false;
}

static uint64_t size_of(const struct lbx_buf *body) {
    char *end;
    if (!body->len || body->len > 20 || body->data[0] < '0' || body->data[0] > '9')
        return 0;
    const uint64_t size = strtoull(body->data, &end, 10);
    return strcmp(end, "\n") == 0 ? size : 0;
}

static enum ctl_exit ask(const struct lbx_policy_member *witness, const char *text, uint64_t size,
                         uint64_t *ret_saw) {
    struct lbx_buf body LBX_BUF = {0}, url LBX_BUF = {0};
    struct lbx_answer answer LBX_CLEANUP(answer_done) = {0};
    struct lbx_note note;
    const char *why = "";
    const size_t len = strlen(witness->url);
    *ret_saw = 0;
    lbx_buf_printf(&url, "%s%sadd-checkpoint", witness->url,
                   witness->url[len - 1] == '/' ? "" : "/");
    lbx_buf_printf(&body, "old %" PRIu64 "\n\n%s", size, text);
    const enum lbx_err err = lbx_fetch_post(url.data, "text/plain; charset=utf-8", NULL, &body,
                                            ANSWER_MAX, TIMEOUT_S, &answer, &why);
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "the witness %s has no http or https URL", witness->name);
    if (err != LBX_OK || lbx_note_read(text, strlen(text), &note) != LBX_OK)
        return CTL_DONE;
    if (answer.status == HTTP_OK && is_signed(&answer.body, &note, &witness->verifier))
        *ret_saw = size;
    else if (answer.status == HTTP_CONFLICT)
        *ret_saw = size_of(&answer.body);
    return CTL_DONE;
}

/* The largest size that enough witnesses saw. */
static uint64_t quorum_of(const struct lbx_witness_policy *policy, const uint64_t *saw) {
    uint64_t best = 0;
    for (size_t i = 0; i < policy->count; i++) {
        uint64_t witnesses = 0;
        for (size_t j = 0; j < policy->count; j++)
            if (saw[i] && saw[j] >= saw[i])
                witnesses |= UINT64_C(1) << j;
        if (saw[i] > best && lbx_policy_is_met(policy, witnesses))
            best = saw[i];
    }
    return best;
}

enum ctl_exit witness_seen(const struct lbx_witness_policy *policy, const char *note, uint64_t size,
                           uint64_t *ret_size) {
    uint64_t saw[LBX_POLICY_MEMBERS] = {0};
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; code == CTL_DONE && i < policy->count; i++)
        if (policy->list[i].is_witness && policy->list[i].url[0])
            code = ask(&policy->list[i], note, size, &saw[i]);
    *ret_size = quorum_of(policy, saw);
    return code;
}
