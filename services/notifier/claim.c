/* The mails of a claim batch, read from the rows that a transaction claimed. Promises that a
 * mail's pointers are valid as long as any mail of its batch. Fails, for a row that cannot be
 * read, with a mail without its request. */
#include "claim.h"

#include "sql_notifier.h"

#include <stdlib.h>
#include <string.h>

struct claim {
    struct lbx_arena arena;
    size_t held;
};

struct claim *claim_new(void) {
    struct claim *claim = lbx_calloc(sizeof *claim);
    lbx_arena_init(&claim->arena);
    return claim;
}

static void release_one(struct mail *mail) {
    struct claim *claim = mail->claim;
    lbx_buf_done(&mail->bytes);
    if (--claim->held > 0)
        return;
    lbx_arena_done(&claim->arena);
    free(claim);
}

void claim_release(struct mail *list) {
    for (struct mail *next; list; list = next) {
        next = list->next;
        release_one(list);
    }
}

static enum lbx_mail_reader reader_of(const char *audience) {
    return strcmp(audience, "approver") == 0    ? LBX_READER_APPROVER
           : strcmp(audience, "alternate") == 0 ? LBX_READER_ALTERNATE
           : strcmp(audience, "concerned") == 0 ? LBX_READER_CONCERNED
                                                : LBX_READER_ENGINEER;
}

/* The snapshot of the mail's request or event; NULL: unreadable. */
static void *read_about(struct lbx_arena *arena, const struct lbx_table *table,
                        const char *snapshot) {
    struct lbx_reason reason;
    void *about = lbx_arena_alloc(arena, table->size);
    memset(about, 0, table->size);
    enum lbx_err err =
        lbx_json_read_stored(table, snapshot, strlen(snapshot), arena, about, &reason);
    return err == LBX_OK ? about : NULL;
}

/* The digest's requests; NULL: none can be read. */
static const struct lbx_digest *read_digest(const struct ledger *ledger, struct lbx_arena *arena,
                                            const struct mail *mail) {
    const size_t rows = lbx_pg_row_count(ledger->pg, ledger->digest_call);
    const struct lbx_request **requests = LBX_ARENA_ARRAY(arena, const struct lbx_request *, rows);
    struct lbx_digest *digest = LBX_ARENA_NEW(arena, struct lbx_digest);
    *digest = (struct lbx_digest){.tenant_id = mail->tenant_id, .requests = requests};
    for (size_t i = 0; i < rows; i++) {
        const struct sql_notifier_digest_requests_answer row =
            LBX_PG_READ(ledger->pg, ledger->digest_call, i, notifier_digest_requests, NULL);
        if (strcmp(row.digest_id, mail->id) != 0)
            continue;
        const struct lbx_request *request = read_about(arena, &lbx_request_table, row.snapshot);
        if (!request)
            return NULL;
        requests[digest->count++] = request;
    }
    return digest->count > 0 ? digest : NULL;
}

/* Reads the snapshot, which claim.sql returns with the first mail of a notice only. */
static void read_snapshot(struct lbx_arena *arena, const char *snapshot, const struct mail *before,
                          struct mail *mail) {
    if (!snapshot && before && strcmp(before->notice_id, mail->notice_id) == 0) {
        mail->request = before->request;
        mail->change = before->change;
        mail->missing = before->missing;
        mail->digest = before->digest;
    } else if (snapshot && mail->kind == LBX_MAIL_SECURITY_CHANGE) {
        mail->change = read_about(arena, &lbx_tenant_changed_table, snapshot);
    } else if (snapshot && mail->kind == LBX_MAIL_APPROVERS_MISSING) {
        mail->missing = read_about(arena, &lbx_approvers_missing_table, snapshot);
    } else if (snapshot) {
        mail->request = read_about(arena, &lbx_request_table, snapshot);
    }
}

struct mail *claim_read(const struct ledger *ledger, size_t i, struct claim *claim,
                        const struct mail *before) {
    struct lbx_arena *arena = &claim->arena;
    const struct sql_notifier_claim_answer row =
        LBX_PG_READ(ledger->pg, ledger->claim_call, i, notifier_claim, NULL);
    struct mail *mail = LBX_ARENA_NEW(arena, struct mail);
    *mail = (struct mail){
        .id = lbx_arena_strdup(arena, row.notification_id),
        .notice_id = lbx_arena_strdup(arena, row.notice_id),
        .request_id = lbx_arena_strdup(arena, row.request_id),
        .version = row.version,
        .kind = lbx_name_index(lbx_mail_kind_names, row.kind),
        .recipient = lbx_arena_strdup(arena, row.recipient),
        .reader = reader_of(row.audience),
        .tenant_id = lbx_arena_strdup(arena, row.tenant_id),
        .attempts = row.attempts,
        .queued_at = row.queued_at,
        .give_up_at = row.give_up_at,
        .message_id = lbx_arena_strdup(arena, row.message_id),
        .channel =
            row.channel ? lbx_name_index(lbx_webhook_format_names, row.channel) : LBX_WEBHOOK_NONE,
        .webhook_url = lbx_arena_strdup(arena, row.webhook_url),
        .ticket_title = lbx_arena_strdup(arena, row.ticket_title),
        .cause = {.id = lbx_arena_strdup(arena, row.event_id),
                  .trace = lbx_trace_of(lbx_arena_strdup(arena, row.traceparent),
                                        lbx_arena_strdup(arena, row.tracestate))},
        .claim = claim,
    };
    if (mail->kind == LBX_MAIL_DIGEST)
        mail->digest = read_digest(ledger, arena, mail);
    else
        read_snapshot(arena, row.snapshot, before, mail);
    claim->held++;
    return mail;
}
