/* approve, deny, revoke: publishes a decision as a portal would.
 *
 * The event is read back by the rules the decider reads by before it is sent, so that what would end in
 * quarantine is refused here, with the field's name.
 */
#include "ctl.h"

#include "base/clock.h"
#include "base/random.h"
#include "event/envelope.h"
#include "event/time.h"
#include "event/uuid.h"
#include "io/producer.h"
#include "sql_ctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

enum { ITEMS_MAX = 32, DELIVERY_S = 10, VERDICT_S = 30, POLL_MS = 100 };

LBX_DEFINE_CLEANUP(struct lbx_producer *, producer, lbx_producer_close)

/* ---- options ---- */

/* "ID,EMAIL[,NAME]"; a name may have commas. */
static bool read_by(struct ctl *ctl, struct lbx_principal *ret_by) {
    char *rest = lbx_arena_strdup(&ctl->arena, ctl->options[CTL_BY]);
    const char *id = strsep(&rest, ","), *email = strsep(&rest, ",");
    *ret_by = (struct lbx_principal){id, email, rest ? rest : ""};
    if (email && *id && *email)
        return true;
    ctl_fail(CTL_USAGE,
             "--by takes ID,EMAIL[,NAME], such as 5b21,lena@contoso.example,Lena Fischer");
    return false;
}

static bool read_items(struct ctl *ctl, struct lbx_decision_submitted *decision) {
    if (!ctl->options[CTL_ITEMS])
        return true;
    decision->actions = LBX_ARENA_ARRAY(&ctl->arena, int64_t, ITEMS_MAX);
    char *rest = lbx_arena_strdup(&ctl->arena, ctl->options[CTL_ITEMS]);
    for (const char *word; (word = strsep(&rest, ","));) {
        char *end;
        long number = strtol(word, &end, 10);
        if (end == word || *end || number < 1 || number > ITEMS_MAX ||
            decision->action_count == ITEMS_MAX) {
            ctl_fail(CTL_USAGE,
                     "--items takes the numbers of the items to approve, such as 1,3, not %s",
                     ctl->options[CTL_ITEMS]);
            return false;
        }
        decision->actions[decision->action_count++] = number;
    }
    return true;
}

static bool read_duration(const struct ctl *ctl, int64_t *ret_duration) {
    const char *text = ctl->options[CTL_DURATION];
    if (!text || lbx_duration_parse(text, ret_duration) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "--duration takes an ISO 8601 duration such as PT2H or PT30M, not %s",
             text);
    return false;
}

/* ---- the event ---- */

struct message {
    char event_id[LBX_UUID_SIZE];
    struct lbx_buf value;
    struct lbx_header content_type;
    struct lbx_record record;
};

static void message_done(struct message *m) {
    lbx_buf_done(&m->value);
}

/* Fills *m, whose parts point at each other: it stays where it is. */
static bool write_message(struct ctl *ctl, const struct lbx_decision_submitted *decision,
                          struct message *m) {
    unsigned char random[LBX_UUID_RANDOM];
    int64_t now = lbx_realtime_us();
    lbx_random_bytes(random, sizeof random);
    lbx_uuid_v7(now, random, m->event_id);
    const struct lbx_event_out event = {
        .type = LBX_EVENT_DECISION_SUBMITTED,
        .id = m->event_id,
        .source = "/lockboxctl",
        .subject = decision->request_id,
        .time = now,
        .data = decision,
    };
    lbx_event_encode(&event, &m->value);
    m->content_type = (struct lbx_header){"content-type", CONTENT_TYPE, sizeof CONTENT_TYPE - 1};
    m->record = (struct lbx_record){
        .topic = LBX_TOPIC_DECISIONS,
        .topic_name = ctl_topic(ctl, LBX_TOPIC_DECISIONS),
        .key = decision->request_id,
        .key_len = strlen(decision->request_id),
        .value = m->value.data,
        .value_len = m->value.len,
        .headers = &m->content_type,
        .header_count = 1,
    };
    struct lbx_event read_back;
    struct lbx_reason reason;
    if (lbx_event_decode(&m->record, (size_t)ctl->settings.max_event_bytes, &ctl->arena, &read_back,
                         &reason) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "the decider would reject this: %s; check --by and --comment", reason.text);
    return false;
}

/* ---- Kafka ---- */

struct delivery {
    bool reported;
    enum lbx_err err;
};

static void delivered(void *record_context, enum lbx_err err) {
    *(struct delivery *)record_context = (struct delivery){true, err};
}

static enum lbx_err send_and_wait(const struct ctl *ctl, const struct message *m) {
    struct delivery delivery = {.err = LBX_ERR_UNAVAILABLE};
    struct lbx_producer *producer LBX_CLEANUP(lbx_cleanup_producer) = NULL;
    enum lbx_err err = lbx_producer_open(&ctl->settings, "lockboxctl", delivered, &producer);
    if (err == LBX_OK)
        err = lbx_producer_send(producer, LBX_TOPIC_DECISIONS, &m->record, &delivery);
    if (err != LBX_OK)
        return err;
    int64_t deadline = lbx_monotonic_us() + DELIVERY_S * LBX_SECOND_US;
    while (!delivery.reported && lbx_monotonic_us() < deadline)
        lbx_producer_poll(producer, POLL_MS);
    err = delivery.err;
    lbx_producer_close(producer); /* while delivery is there to be reported to */
    producer = NULL;
    return err;
}

static enum ctl_exit publish(const struct ctl *ctl, const struct message *m) {
    enum lbx_err err = send_and_wait(ctl, m);
    if (err == LBX_OK) {
        printf("%s\n", m->event_id);
        return CTL_DONE;
    }
    if (err == LBX_ERR_UNAVAILABLE)
        return ctl_fail(
            CTL_UNREACHABLE,
            "Kafka at %s did not confirm the decision within %d s; whether it has it is "
            "unknown. Check LOCKBOX_KAFKA_BOOTSTRAP_SERVERS and lockboxctl topics check",
            ctl->settings.kafka_bootstrap_servers, DELIVERY_S);
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    return ctl_fail(CTL_NO,
                    "Kafka refuses the decision: the principal must be allowed to write to %s",
                    m->record.topic_name);
}

/* ---- the verdict ---- */

static bool is_yes(const char *verdict) {
    int is = lbx_name_index(lbx_verdict_names, verdict);
    return is == LBX_VERDICT_APPLIED || is == LBX_VERDICT_RECORDED || is == LBX_VERDICT_DUPLICATE;
}

static enum ctl_exit await_verdict(struct ctl *ctl, struct lbx_pg *pg, const struct message *m) {
    struct lbx_calls calls = {0};
    LBX_CALL(&calls, &sql_ctl_decision_verdict, m->record.key, m->event_id,
             ctl_topic(ctl, LBX_TOPIC_EVENTS));
    int64_t deadline = lbx_monotonic_us() + VERDICT_S * LBX_SECOND_US;
    do {
        enum lbx_err err = lbx_pg_run(pg, &calls);
        if (err != LBX_OK)
            return ctl_statement_failed(&ctl_audit, err);
        if (lbx_pg_row_count(pg, 0) > 0) {
            const char *verdict = lbx_pg_cell(pg, 0, 0, 0);
            printf("%s\n", verdict);
            return is_yes(verdict) ? CTL_DONE : CTL_NO;
        }
        usleep(POLL_MS * 1000);
    } while (lbx_monotonic_us() < deadline);
    return ctl_fail(
        CTL_UNREACHABLE,
        "no verdict in the audit store after %d s: are decider, relay and auditor running? "
        "The decision itself is published",
        VERDICT_S);
}

/* ---- commands ---- */

static enum ctl_exit decide(struct ctl *ctl, enum lbx_decision verb) {
    static const struct lbx_sql *const question[] = {&sql_ctl_decision_verdict, NULL};
    struct lbx_decision_submitted decision = {
        .request_id = ctl->args[0], .decision = (int)verb, .comment = ctl->options[CTL_COMMENT]};
    struct message message LBX_CLEANUP(message_done) = {0};
    struct lbx_pg *pg CTL_PG = NULL;
    if (!ctl_request_id_is_valid(ctl->args[0]) || !read_by(ctl, &decision.by) ||
        !read_items(ctl, &decision) || !read_duration(ctl, &decision.duration) ||
        !write_message(ctl, &decision, &message))
        return CTL_USAGE;
    bool wait = ctl->options[CTL_WAIT];
    enum ctl_exit code = wait ? ctl_connect(ctl, &ctl_audit, question, &pg) : CTL_DONE;
    if (code == CTL_DONE)
        code = publish(ctl, &message);
    fflush(stdout);
    return code == CTL_DONE && wait ? await_verdict(ctl, pg, &message) : code;
}

enum ctl_exit ctl_approve(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_APPROVE);
}

enum ctl_exit ctl_deny(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_DENY);
}

enum ctl_exit ctl_revoke(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_REVOKE);
}
