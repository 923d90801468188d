#include "core/request.h"

#include "event/time.h"

#include <string.h>
#include <strings.h>

/* ---- the five actions ---- */

enum presence { NEVER, OPTIONAL, REQUIRED };

static const struct action {
    const char *name;
    enum presence namespace, kind, object;
    bool openshift_only;
} actions[] = {
    {"create_object", OPTIONAL, REQUIRED, OPTIONAL, false},
    {"update_object", OPTIONAL, REQUIRED, REQUIRED, false},
    {"delete_object", OPTIONAL, REQUIRED, REQUIRED, false},
    {"list_or_get_objects", OPTIONAL, REQUIRED, OPTIONAL, false},
    {"get_pod_logs", REQUIRED, NEVER, OPTIONAL, true},
};

static bool present_as(enum presence presence, const char *text) {
    if (text && !*text)
        return false;
    return presence == OPTIONAL || (presence == REQUIRED) == (text != NULL);
}

static bool openshift_namespace(const char *namespace) {
    return strcmp(namespace, "openshift") == 0 ||
           (strncmp(namespace, "openshift-", 10) == 0 && namespace[10]);
}

bool lbx_item_permitted(const struct lbx_item *item) {
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        const struct action *a = &actions[i];
        if (strcmp(a->name, item->action) == 0)
            return present_as(a->namespace, item->namespace) && present_as(a->kind, item->kind) &&
                   present_as(a->object, item->name) &&
                   (!a->openshift_only || openshift_namespace(item->namespace));
    }
    return false;
}

/* ---- the cluster ---- */

/* Whether *at begins with text, without case; moves *at behind it. */
static bool skip(const char **at, const char *text, size_t len) {
    if (strncasecmp(*at, text, len) != 0)
        return false;
    *at += len;
    return true;
}

static bool skip_segment(const char **at) {
    size_t len = strcspn(*at, "/");
    *at += len;
    return len > 0;
}

bool lbx_resource_inside(const char *resource_id, const char *subscription_id) {
    static const char subscriptions[] = "/subscriptions/", groups[] = "/resourceGroups/",
                      clusters[] = "/providers/Microsoft.RedHatOpenShift/openShiftClusters/";
    const char *at = resource_id;
    return skip(&at, subscriptions, sizeof subscriptions - 1) &&
           skip(&at, subscription_id, strlen(subscription_id)) &&
           skip(&at, groups, sizeof groups - 1) && skip_segment(&at) &&
           skip(&at, clusters, sizeof clusters - 1) && skip_segment(&at) && !*at;
}

/* ---- time ---- */

int64_t lbx_request_due(const struct lbx_request *request) {
    switch ((enum lbx_state)request->state) {
    case LBX_STATE_CUSTOMER_NOTIFIED:
        return request->decide_by;
    case LBX_STATE_APPROVED:
    case LBX_STATE_EMERGENCY:
        return request->expires_at;
    case LBX_STATE_NONE:
    case LBX_STATE_DENIED:
    case LBX_STATE_EXPIRED:
    case LBX_STATE_CANCELLED:
    case LBX_STATE_COMPLETED:
    case LBX_STATE_REVOKED:
    case LBX_STATE_REFUSED:
    case LBX_STATE_NOT_REQUIRED:
    case LBX_STATE_END:
        break;
    }
    return 0;
}

int64_t lbx_request_access_end(const struct lbx_request *request) {
    if (!request->expires_at)
        return 0;
    return request->ended_at && request->ended_at < request->expires_at &&
                   request->state != LBX_STATE_NOT_REQUIRED
               ? request->ended_at
               : request->expires_at;
}

const char *lbx_request_basis(const struct lbx_request *request) {
    if (!request->expires_at)
        return NULL;
    return request->state == LBX_STATE_NOT_REQUIRED ? "not_required" : "approved";
}

/* ---- steps ---- */

static struct lbx_step enter(struct lbx_request *request, const struct lbx_rule *rule,
                             int64_t at_us) {
    struct lbx_step step = {.event = rule->event, .previous_state = request->state};
    if (rule->to == LBX_STATE_NONE)
        return (struct lbx_step){.event = LBX_EVENT_NONE};
    request->state = rule->to;
    request->version++;
    if (lbx_request_due(request) == 0)
        request->ended_at = at_us;
    return step;
}

struct lbx_step lbx_request_pass_time(struct lbx_request *request, int64_t now_us) {
    int64_t due = lbx_request_due(request);
    if (due == 0 || now_us < due)
        return (struct lbx_step){.event = LBX_EVENT_NONE};
    return enter(request, lbx_rule((enum lbx_state)request->state, LBX_INPUT_TIME_UP), due);
}

struct lbx_step lbx_request_ticket_ended(struct lbx_request *request, int64_t now_us) {
    return enter(request, lbx_rule((enum lbx_state)request->state, LBX_INPUT_TICKET_ENDED), now_us);
}

/* ---- decisions ---- */

static bool on_the_list(const struct lbx_request *request, const char *id) {
    for (size_t i = 0; i < request->approver_count; i++)
        if (strcmp(request->approvers[i].principal.id, id) == 0)
            return true;
    return false;
}

static bool said_before(const struct lbx_request *request,
                        const struct lbx_decision_submitted *decision) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (request->decisions[i].decision == decision->decision &&
            strcmp(request->decisions[i].by.id, decision->by.id) == 0)
            return true;
    return false;
}

static bool is_engineer(const struct lbx_engineer *engineer, const struct lbx_principal *who) {
    return strcmp(engineer->id, who->id) == 0 ||
           (engineer->email && strcasecmp(engineer->email, who->email) == 0);
}

static bool widens(const struct lbx_request *request,
                   const struct lbx_decision_submitted *decision) {
    if (decision->duration > request->duration)
        return true;
    for (size_t i = 0; i < decision->action_count; i++) {
        int64_t number = decision->actions[i];
        if (number > (int64_t)request->action_count || !request->actions[number - 1].kept)
            return true;
    }
    return false;
}

/* An approval with a list of items, and none in it, is a denial. */
static bool keeps_nothing(const struct lbx_decision_submitted *decision) {
    return decision->actions && decision->action_count == 0;
}

/* Keeps the items that an approval names; without a list, all. */
static void narrow(struct lbx_request *request, const struct lbx_decision_submitted *decision) {
    for (size_t i = 0; decision->actions && i < request->action_count; i++) {
        bool named = false;
        for (size_t j = 0; j < decision->action_count; j++)
            named |= decision->actions[j] == request->actions[i].number;
        request->actions[i].kept &= named;
    }
    if (decision->duration)
        request->duration = decision->duration;
}

static void record_vote(struct lbx_request *request, const struct lbx_decision_submitted *decision,
                        int64_t now_us, struct lbx_arena *arena) {
    struct lbx_vote *votes =
        LBX_ARENA_ARRAY(arena, struct lbx_vote, request->decision_count + 1);
    if (request->decision_count)
        memcpy(votes, request->decisions, sizeof *votes * request->decision_count);
    votes[request->decision_count++] = (struct lbx_vote){
        .by = decision->by, .decision = decision->decision, .at = now_us,
        .comment = decision->comment};
    request->decisions = votes;
}

static struct lbx_judgement judged(int verdict) {
    return (struct lbx_judgement){.verdict = verdict, .step = {.event = LBX_EVENT_NONE}};
}

static bool input_of(int decision, enum lbx_input *ret_input) {
    switch ((enum lbx_decision)decision) {
    case LBX_DECISION_APPROVE:
        *ret_input = LBX_INPUT_APPROVE;
        return true;
    case LBX_DECISION_DENY:
        *ret_input = LBX_INPUT_DENY;
        return true;
    case LBX_DECISION_REVOKE:
        *ret_input = LBX_INPUT_REVOKE;
        return true;
    case LBX_DECISION_ACKNOWLEDGE:
    case LBX_DECISION_NONE:
    case LBX_DECISION_END:
        break;
    }
    return false;
}

struct lbx_judgement lbx_request_decide(struct lbx_request *request,
                                        const struct lbx_decision_submitted *decision,
                                        bool still_approver, int64_t now_us,
                                        struct lbx_arena *arena) {
    enum lbx_input input;
    bool approves = decision->decision == LBX_DECISION_APPROVE;
    if (approves && is_engineer(&request->engineer, &decision->by))
        return judged(LBX_VERDICT_SELF_APPROVAL);
    if (!on_the_list(request, decision->by.id) || !still_approver)
        return judged(LBX_VERDICT_NOT_AN_APPROVER);
    if (!input_of(decision->decision, &input))
        return judged(LBX_VERDICT_CONFLICT); /* nothing here waits to be acknowledged */
    if (approves && keeps_nothing(decision))
        input = LBX_INPUT_DENY;

    const struct lbx_rule *rule = lbx_rule((enum lbx_state)request->state, input);
    if (rule->to == LBX_STATE_NONE)
        return judged(rule->repeated && said_before(request, decision) ? rule->repeated
                                                                        : rule->verdict);
    if (approves && widens(request, decision))
        return judged(LBX_VERDICT_WIDENS);
    if (input == LBX_INPUT_APPROVE) {
        narrow(request, decision);
        request->starts_at = request->starts_at > now_us ? request->starts_at : now_us;
        request->expires_at = request->starts_at + request->duration;
    }
    record_vote(request, decision, now_us, arena);
    return (struct lbx_judgement){.verdict = rule->verdict, .step = enter(request, rule, now_us)};
}

/* ---- consent ---- */

static void add_time(struct lbx_buf *out, int64_t at_us) {
    char text[LBX_TIME_SIZE];
    if (at_us)
        lbx_time_format(at_us, text);
    lbx_buf_field_str(out, at_us ? text : NULL);
}

static void add_number(struct lbx_buf *out, int64_t number) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_printf(&text, "%lld", (long long)number);
    lbx_buf_field_str(out, text.data);
}

void lbx_request_consent(const struct lbx_request *request, struct lbx_buf *out) {
    lbx_buf_field_str(out, request->request_id);
    lbx_buf_field_str(out, request->tenant_id);
    lbx_buf_field_str(out, request->subscription_id);
    lbx_buf_field_str(out, request->ticket_id);
    lbx_buf_field_str(out, request->engineer.id);
    lbx_buf_field_str(out, request->engineer.email);
    lbx_buf_field_str(out, request->engineer.organization);
    lbx_buf_field_str(out, request->resource_id);
    add_number(out, (int64_t)request->action_count);
    for (size_t i = 0; i < request->action_count; i++) {
        const struct lbx_item *item = &request->actions[i];
        add_number(out, item->number);
        lbx_buf_field_str(out, item->action);
        lbx_buf_field_str(out, item->namespace);
        lbx_buf_field_str(out, item->kind);
        lbx_buf_field_str(out, item->name);
    }
    lbx_buf_field_str(out, request->justification);
    lbx_buf_field_str(out, request->reason_code);
    char duration[LBX_DURATION_SIZE];
    lbx_duration_format(request->duration, duration);
    lbx_buf_field_str(out, duration);
    add_time(out, request->starts_at);
    add_time(out, request->decide_by);
}
