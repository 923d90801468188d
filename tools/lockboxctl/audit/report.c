/* audit report: a request's events as one page, in text or HTML (report/). Promises to prove
 * each record while the page is made. Fails with exit code 1 where a record is not proved, which
 * is marked. */
#include "commands.h"

#include "arguments.h"
#include "base/clock.h"
#include "base/time.h"
#include "event/envelope.h"
#include "evidence.h"
#include "mail/changes.h"
#include "mail/words.h"
#include "page.h"
#include "prove.h"
#include "request/story.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_BYTES = 16 << 20 }; /* no limit of our own, as Kafka accepted the record */

enum moment_kind { KIND_OTHER, KIND_REQUEST, KIND_DECISION, KIND_MAIL, KIND_ACCESS };

struct moment {
    int64_t at_us, sequence;           /* sequence: position by topic, partition and offset */
    int64_t told_at_us, told_sequence; /* its place on the page: order_moments */
    const char *event_id, *causationid;
    bool ours;
    enum moment_kind kind;
    const char *who, *what, *place;
    bool proved;
};

struct report {
    struct ctl *ctl;
    struct evidence evidence;
    const char *id;
    int64_t made_at;
    struct lbx_request request; /* as in its newest event; version 0: none */
    struct moment *moments;
    size_t moment_count, proved;
    const struct lbx_notification_outcome **mails;
    bool *mail_sent;
    int64_t *mail_at;
    size_t mail_count;
    const struct lbx_access_performed **accesses;
    size_t access_count;
    const struct proving **logs;
    const char **vkeys;
    size_t log_count;
};

/* ---- gathering ---- */

static bool is_proved(struct report *r, const struct lbx_record *record, struct proving *proving) {
    struct lbx_buf leaf LBX_BUF = {0};
    struct lbx_note note;
    struct lbx_checkpoint checkpoint;
    struct lbx_proof proof;
    struct lbx_hash hash;
    const char *wrong;
    uint64_t index = (uint64_t)(record->offset - proving->log->base);
    lbx_record_leaf(record, &leaf);
    lbx_leaf_hash(leaf.data, leaf.len, &hash);
    return checkpoint_holds(proving->note, strlen(proving->note), proving->log->origin,
                            &r->evidence.trusted, &note, &checkpoint, &wrong) &&
           quorum_holds(&r->evidence.trusted, &note, &wrong) &&
           lbx_tree_inclusion(&proving->hashes.source, index, checkpoint.size, &proof) == LBX_OK &&
           lbx_inclusion_holds(index, checkpoint.size, &hash, &proof, &checkpoint.root);
}

static enum moment_kind kind_of(enum lbx_event_type type) {
    switch (lbx_event_type_info(type)->family) {
    case LBX_FAMILY_REQUEST:
        return KIND_REQUEST;
    case LBX_FAMILY_DECISION:
        return KIND_DECISION;
    case LBX_FAMILY_NOTIFICATION:
        return KIND_MAIL;
    case LBX_FAMILY_ACCESS:
        return type == LBX_EVENT_ACCESS_PERFORMED ? KIND_ACCESS : KIND_OTHER;
    case LBX_FAMILY_TICKET:
    case LBX_FAMILY_TENANT:
    case LBX_FAMILY_QUARANTINE:
    case LBX_FAMILY_OPERATOR:
        break;
    }
    return KIND_OTHER;
}

static void keep_data(struct report *r, const struct lbx_event *event) {
    enum moment_kind kind = kind_of(event->type);
    if (kind == KIND_MAIL) {
        r->mail_sent[r->mail_count] = event->type == LBX_EVENT_NOTIFICATION_SENT;
        r->mail_at[r->mail_count] = event->time;
        r->mails[r->mail_count++] = event->data;
    } else if (kind == KIND_ACCESS) {
        r->accesses[r->access_count++] = event->data;
    } else if (kind == KIND_REQUEST) {
        const struct lbx_request *request =
            &((const struct lbx_request_changed *)event->data)->request;
        if (request->version > r->request.version)
            r->request = *request;
    }
}

static enum ctl_exit gather(void *context, struct evidence *e, const struct lbx_record *record,
                            struct proving *proving) {
    struct report *r = context;
    struct lbx_arena *arena = &r->ctl->arena;
    struct lbx_buf what LBX_BUF = {0}, who LBX_BUF = {0};
    struct lbx_event event = {0};
    struct lbx_reason reason;
    (void)e;
    struct moment *m = &r->moments[r->moment_count];
    *m =
        (struct moment){.at_us = record->timestamp_ms * 1000, .sequence = (int64_t)r->moment_count};
    if (record->topic < LBX_TOPIC_COUNT && record->topic != LBX_TOPIC_DEADLETTER &&
        lbx_event_decode(record, MOST_BYTES, arena, &event, &reason) == LBX_OK) {
        m->kind = kind_of(event.type);
        m->event_id = event.id;
        m->causationid = event.causationid;
        keep_data(r, &event);
    }
    m->ours = record->topic == LBX_TOPIC_EVENTS;
    ctl_put_story(record, event.type ? lbx_event_type_info(event.type)->name : NULL, arena, &what,
                  &who);
    m->who = lbx_arena_strdup(arena, who.len ? who.data : "Lockbox");
    m->what = lbx_arena_strdup(arena, what.data ? what.data : "");
    m->place = lbx_arena_printf(arena, "%s, partition %d, offset %" PRId64, record->topic_name,
                                record->partition, record->offset);
    m->proved = is_proved(r, record, proving);
    r->proved += m->proved;
    r->moment_count++;
    return CTL_DONE;
}

static int order(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int as_told(const void *a, const void *b) {
    const struct moment *x = a, *y = b;
    int differ = order(x->told_at_us, y->told_at_us);
    differ = differ ? differ : order(x->told_sequence, y->told_sequence);
    differ = differ ? differ : order(x->ours, y->ours); /* a cause is before its effects */
    return differ ? differ : order(x->sequence, y->sequence);
}

/* Places a record of others right before the first event that it caused, and any other record at
 * its own time. */
static void place_moment(const struct report *r, struct moment *m) {
    const struct moment *first = NULL;
    for (size_t i = 0; !m->ours && m->event_id && i < r->moment_count; i++) {
        const struct moment *effect = &r->moments[i];
        if (!effect->ours || !effect->causationid || strcmp(effect->causationid, m->event_id) != 0)
            continue;
        if (!first || effect->at_us < first->at_us ||
            (effect->at_us == first->at_us && effect->sequence < first->sequence))
            first = effect;
    }
    m->told_at_us = first ? first->at_us : m->at_us;
    m->told_sequence = first ? first->sequence : m->ours ? m->sequence : INT64_MAX;
}

/* Orders records by cause, then by time. */
static void order_moments(struct report *r) {
    for (size_t i = 0; i < r->moment_count; i++)
        place_moment(r, &r->moments[i]);
    qsort(r->moments, r->moment_count, sizeof *r->moments, as_told);
}

static void gather_logs(struct report *r) {
    struct evidence *e = &r->evidence;
    for (size_t i = 0; i < e->logs.count; i++) {
        struct lbx_buf vkeys LBX_BUF = {0};
        if (!e->proving[i].log)
            continue;
        put_vkeys(&e->trusted, e->proving[i].log, &vkeys);
        r->vkeys[r->log_count] = lbx_arena_strdup(&r->ctl->arena, vkeys.data);
        r->logs[r->log_count++] = &e->proving[i];
    }
}

/* ---- values of the page ---- */

#define SUBJECT const struct report *r = subject
#define ONE(name) static void write_##name(const void *subject, size_t i, struct lbx_buf *out)
#define LIST(name, counter)                                                                        \
    static size_t count_##name(const void *subject) {                                              \
        return ((const struct report *)subject)->counter;                                          \
    }
#define TEXT(name, expression)                                                                     \
    ONE(name) {                                                                                    \
        SUBJECT;                                                                                   \
        (void)i;                                                                                   \
        const char *text = (expression);                                                           \
        if (text)                                                                                  \
            lbx_buf_str(out, text);                                                                \
    }
#define MOMENT(name, expression)                                                                   \
    ONE(name) {                                                                                    \
        SUBJECT;                                                                                   \
        (void)i;                                                                                   \
        int64_t at = (expression);                                                                 \
        if (at)                                                                                    \
            lbx_moment_words(at, out);                                                             \
    }
#define HOLDS(name, expression)                                                                    \
    static bool holds_##name(const void *subject, size_t i) {                                      \
        SUBJECT;                                                                                   \
        (void)i;                                                                                   \
        return (expression);                                                                       \
    }
#define COUNTED(name, expression)                                                                  \
    ONE(name) {                                                                                    \
        SUBJECT;                                                                                   \
        (void)i;                                                                                   \
        lbx_buf_printf(out, "%" PRIu64, (uint64_t)(expression));                                   \
    }

TEXT(request_id, r->id)
TEXT(state, r->request.version ? lbx_state_names[r->request.state] : "not known")
TEXT(ticket_id, r->request.ticket_id)
TEXT(resource_id, r->request.resource_id)
TEXT(tenant_id, r->request.tenant_id)
TEXT(reason, r->request.reason ? lbx_refusal_names[r->request.reason] : NULL)
TEXT(justification, r->request.justification)
MOMENT(access_from, r->request.expires_at ? r->request.starts_at : 0)
MOMENT(access_until, r->request.expires_at)
MOMENT(ended, r->request.ended_at)
MOMENT(made_at, r->made_at)
HOLDS(has_request, r->request.version > 0)
HOLDS(all_proved, r->proved == r->moment_count)
COUNTED(count, r->moment_count)
COUNTED(unproved, r->moment_count - r->proved)

ONE(cluster) {
    SUBJECT;
    (void)i;
    if (r->request.resource_id)
        lbx_cluster_words(r->request.resource_id, out);
    else
        lbx_buf_str(out, "a cluster");
}

ONE(engineer) {
    SUBJECT;
    (void)i;
    const struct lbx_engineer *e = &r->request.engineer;
    lbx_person_words(e->name, e->email, e->id, out);
    if (e->organization)
        lbx_buf_printf(out, " of %s", e->organization);
}

LIST(items, request.action_count)
ONE(item) {
    SUBJECT;
    lbx_item_words(&r->request.actions[i], out);
    if (!r->request.actions[i].kept)
        lbx_buf_str(out, " (not granted)");
}

ONE(changes) {
    SUBJECT;
    lbx_changes_words(r->request.actions[i].content.changes, out);
}

TEXT(digest_after, r->request.actions[i].content.digest)
TEXT(digest_before, r->request.actions[i].content.previous_digest)
HOLDS(incomplete, r->evidence.missing_count > 0)
LIST(missing, evidence.missing_count)
TEXT(missing_cause, r->evidence.missing[i])

LIST(moments, moment_count)
MOMENT(at, r->moments[i].at_us)
TEXT(who, r->moments[i].who)
TEXT(what, r->moments[i].what)
TEXT(place, r->moments[i].place)
HOLDS(proved, r->moments[i].proved)
HOLDS(is_request, r->moments[i].kind == KIND_REQUEST)
HOLDS(is_decision, r->moments[i].kind == KIND_DECISION)
HOLDS(is_mail, r->moments[i].kind == KIND_MAIL)
HOLDS(is_access, r->moments[i].kind == KIND_ACCESS)
HOLDS(is_other, r->moments[i].kind == KIND_OTHER)

HOLDS(mails, r->mail_count > 0)
LIST(mail, mail_count)
TEXT(mail_kind, lbx_mail_kind_names[r->mails[i]->kind])
TEXT(mail_recipient, r->mails[i]->recipient)
TEXT(mail_reply, r->mails[i]->smtp_reply)
MOMENT(mail_at, r->mail_at[i])
HOLDS(mail_sent, r->mail_sent[i])

HOLDS(accesses, r->access_count > 0)
LIST(access, access_count)
ONE(access_words) {
    SUBJECT;
    const struct lbx_access_performed *a = r->accesses[i];
    const struct lbx_item item = {
        .action = a->action, .namespace = a->namespace, .kind = a->kind, .name = a->name};
    if (a->action)
        lbx_item_words(&item, out);
    else
        ctl_put_other_access(a, out);
}
MOMENT(access_at, r->accesses[i]->performed_at)
TEXT(access_by, r->accesses[i]->engineer_id)
HOLDS(access_allowed, strcmp(lbx_outcome_names[r->accesses[i]->outcome], "allowed") == 0)

LIST(logs, log_count)
TEXT(log_origin, r->logs[i]->log->origin)
TEXT(log_note, r->logs[i]->note)
TEXT(log_vkey, r->vkeys[i])
COUNTED(log_records, r->logs[i]->records)
COUNTED(log_size, r->logs[i]->size)

/* clang-format off */
#define T(name) {#name, LBX_VALUE_TEXT, .write = write_##name}
#define T_OF(of, name) {#name, LBX_VALUE_TEXT, .list = #of, .write = write_##name}
#define L_OF(of, name) {#name, LBX_VALUE_LINES, .list = #of, .write = write_##name}
#define F(name) {#name, LBX_VALUE_FLAG, .holds = holds_##name}
#define F_OF(of, name) {#name, LBX_VALUE_FLAG, .list = #of, .holds = holds_##name}
#define EACH(name) {#name, LBX_VALUE_LIST, .count = count_##name}
static const struct lbx_value values[] = {
    T(request_id), T(state), T(ticket_id), T(resource_id), T(tenant_id), T(reason), T(cluster), T(engineer),
    T(access_from), T(access_until), T(ended), T(made_at), T(count), T(unproved), F(has_request), F(all_proved),
    {"justification", LBX_VALUE_LINES, .write = write_justification},
    EACH(items), T_OF(items, item), T_OF(items, digest_after), T_OF(items, digest_before),
    {"changes", LBX_VALUE_DIFF, .list = "items", .write = write_changes},
    F(incomplete), EACH(missing), T_OF(missing, missing_cause),
    EACH(moments), T_OF(moments, at), T_OF(moments, who), T_OF(moments, what), T_OF(moments, place),
    F_OF(moments, proved), F_OF(moments, is_request), F_OF(moments, is_decision), F_OF(moments, is_mail),
    F_OF(moments, is_access), F_OF(moments, is_other),
    F(mails), EACH(mail), T_OF(mail, mail_kind), T_OF(mail, mail_recipient), T_OF(mail, mail_reply),
    T_OF(mail, mail_at), F_OF(mail, mail_sent),
    F(accesses), EACH(access), T_OF(access, access_words), T_OF(access, access_at), T_OF(access, access_by),
    F_OF(access, access_allowed),
    EACH(logs), T_OF(logs, log_origin), L_OF(logs, log_note), L_OF(logs, log_vkey), T_OF(logs, log_records),
    T_OF(logs, log_size),
};
/* clang-format on */
static const struct lbx_vocabulary vocabulary = {values, sizeof values / sizeof *values};

/* ---- the page ---- */

static enum ctl_exit show(const struct report *r) {
    const char *file = r->ctl->options[CTL_HTML] ? "report.html" : "report.txt";
    enum ctl_exit code = ctl_page_print(file, &vocabulary, r);
    return code == CTL_DONE && r->proved != r->moment_count ? CTL_NO : code;
}

static enum ctl_exit make(struct report *r) {
    struct lbx_arena *arena = &r->ctl->arena;
    size_t count = r->evidence.count;
    r->moments = LBX_ARENA_ARRAY(arena, struct moment, count);
    r->mails = LBX_ARENA_ARRAY(arena, const struct lbx_notification_outcome *, count);
    r->mail_sent = LBX_ARENA_ARRAY(arena, bool, count);
    r->mail_at = LBX_ARENA_ARRAY(arena, int64_t, count);
    r->accesses = LBX_ARENA_ARRAY(arena, const struct lbx_access_performed *, count);
    r->logs = LBX_ARENA_ARRAY(arena, const struct proving *, r->evidence.logs.count);
    r->vkeys = LBX_ARENA_ARRAY(arena, const char *, r->evidence.logs.count);
    r->made_at = lbx_realtime_us();
    enum ctl_exit code = evidence_each(&r->evidence, gather, r);
    if (code != CTL_DONE)
        return code;
    order_moments(r);
    gather_logs(r);
    return show(r);
}

enum ctl_exit ctl_audit_report(struct ctl *ctl) {
    struct report r = {.ctl = ctl, .id = ctl->args[0]};
    const struct selection selection = {.request = ctl->args[0]};
    if (!ctl_request_id_is_valid(ctl->args[0]))
        return CTL_USAGE;
    enum ctl_exit code = evidence_open(&r.evidence, ctl, &selection);
    if (code == CTL_DONE)
        code = make(&r);
    if (code == CTL_DONE)
        code = evidence_complete(&r.evidence);
    evidence_done(&r.evidence);
    return code;
}
