/* Applies the rules for tenants and tickets, event by event, in order. Promises one answer to
 * each access request, and that requests which a ticket no longer supports end in the same
 * transaction. Fails by rejecting an event that no rule accepts, with the field at fault. */
#include "requester.h"

#include "alarms.h"
#include "base/log.h"
#include "store/limits.h"
#include "store/metrics.h"

#include <stdio.h>
#include <string.h>

static struct lbx_metric no_approvers = {
    .name = "no_approvers_total", .help = "Requests refused because too few people may approve"};
struct lbx_metric *const requester_metrics[] = {&no_approvers, &alarms_approvers_missing,
                                                &alarms_approvers_left_out, NULL};

/* ---- requests ---- */

/* The request to extend, after time acted on it; NULL: none. */
static const struct lbx_request *extended_by(struct lbx_batch *batch, const char *id) {
    const struct working_set *set = batch->state->set;
    const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
    struct lbx_stored_request *stored = id ? lbx_map_get(&set->requests, id) : NULL;
    if (!stored)
        return NULL;
    lbx_unit_pass_time(&batch->unit, stored, &limits);
    return &stored->request;
}

/* The event type for a request's first state. */
static const int first_events[LBX_STATE_END] = {
    [LBX_STATE_CUSTOMER_NOTIFIED] = LBX_EVENT_REQUEST_CREATED,
    [LBX_STATE_EMERGENCY] = LBX_EVENT_REQUEST_EMERGENCY_STARTED,
    [LBX_STATE_REFUSED] = LBX_EVENT_REQUEST_REFUSED,
    [LBX_STATE_NOT_REQUIRED] = LBX_EVENT_REQUEST_NOT_REQUIRED,
};

static void alarm_if_unapprovable(const struct lbx_request *request) {
    if (request->reason != LBX_REFUSAL_NO_APPROVERS)
        return;
    lbx_metric_add(&no_approvers, 1);
    lbx_log(LBX_LOG_ERROR, "too few people may approve for a subscription that has Lockbox enabled",
            LBX_S("subscription_id", request->subscription_id),
            LBX_S("request_id", request->request_id));
}

/* Updates the numbers of pending requests. */
static void count_pending(struct working_set *set, const struct lbx_request *request, bool waited) {
    const int more = (request->state == LBX_STATE_CUSTOMER_NOTIFIED) - waited;
    working_set_ticket(set, request->ticket_id)->pending += more;
    working_set_subscription(set, request->subscription_id)->pending += more;
}

/* Sets the facts about an emergency. Returns the hash of its authorization; NULL: none counts. */
static const char *judge_emergency(const struct lbx_batch *batch,
                                   const struct lbx_input_event *input,
                                   struct lbx_creation *creation) {
    const struct working_set *set = batch->state->set;
    const char *authorization = NULL;
    if (input->event.type != LBX_EVENT_ACCESS_EMERGENCY_DECLARED)
        return NULL;
    creation->emergencies =
        emergencies_before(&set->emergencies, &set->requests, creation->ticket, creation->now);
    creation->authorizer_proved =
        emergencies_proved(&set->emergencies, input, creation->now, &authorization);
    return authorization;
}

static void create(struct lbx_batch *batch, const struct lbx_input_event *input,
                   struct lbx_creation *creation) {
    struct working_set *set = batch->state->set;
    const char *authorization = judge_emergency(batch, input, creation);
    struct lbx_stored_request *stored = LBX_ARENA_NEW(batch->arena, struct lbx_stored_request);
    lbx_request_create(creation, batch->arena, &stored->request);
    lbx_map_set(&set->requests, stored->request.request_id, stored);
    const struct lbx_step first = {.event = first_events[stored->request.state],
                                   .at = creation->now};
    lbx_unit_step(&batch->unit, stored, &first, &input->event);
    if (creation->subscription) {
        struct lbx_step approved = lbx_request_auto_approve(
            &stored->request, &creation->subscription->policy, creation->now, batch->arena);
        lbx_unit_step(&batch->unit, stored, &approved, &input->event);
    }
    if (authorization && stored->request.state == LBX_STATE_EMERGENCY)
        emergencies_counted(&set->emergencies, authorization);
    count_pending(set, &stored->request, false);
    alarm_if_unapprovable(&stored->request);
    if (creation->subscription && stored->request.approver_count > 0)
        alarms_left_out(set, creation->subscription);
}

static void on_access_requested(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct working_set *set = batch->state->set;
    const struct lbx_access_requested *wish = input->event.data;
    const struct stored_ticket *stored_ticket = working_set_ticket(set, wish->ticket_id);
    const struct lbx_ticket *ticket = &stored_ticket->ticket;
    const struct stored_subscription *stored_subscription =
        working_set_subscription(set, ticket->subscription_id);
    const struct lbx_subscription *subscription = stored_subscription->subscription;
    if (subscription && subscription->removed)
        subscription = NULL; /* a removed one counts as unknown */
    const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
    struct lbx_creation creation = {
        .wish = wish,
        .ticket = ticket,
        .subscription = subscription,
        .ticket_pending = stored_ticket->pending,
        .subscription_pending = stored_subscription->pending,
        .extended = extended_by(batch, wish->extends),
        .limits = &limits,
        .request_id = lbx_unit_uuid(&batch->unit),
        .now = batch->unit.now,
    };
    if (subscription) {
        creation.approvers = working_set_approvers(set, subscription, &creation.approver_count);
        creation.able_count = alarms_able(set, subscription);
    }
    create(batch, input, &creation);
}

void requester_end(struct lbx_batch *batch, struct lbx_stored_request *stored,
                   const struct lbx_event *cause) {
    const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
    const bool waited = stored->request.state == LBX_STATE_CUSTOMER_NOTIFIED;
    lbx_unit_pass_time(&batch->unit, stored, &limits);
    struct lbx_step ended = lbx_request_ticket_ended(
        &stored->request, lbx_request_not_before(&stored->request, batch->unit.now));
    lbx_unit_step(&batch->unit, stored, &ended, cause);
    count_pending(batch->state->set, &stored->request, waited);
}

static void reject(struct lbx_input_event *input, const char *reason) {
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text, "%s", reason);
}

static void on_access_withdrawn(struct lbx_batch *batch, struct lbx_input_event *input) {
    const struct lbx_access_withdrawn *withdrawn = input->event.data;
    const struct working_set *set = batch->state->set;
    struct lbx_stored_request *stored = lbx_map_get(&set->requests, withdrawn->request_id);
    if (!stored)
        reject(input, "/data/request_id: no such request");
    else if (strcmp(stored->request.ticket_id, withdrawn->ticket_id) != 0)
        reject(input, "/data/ticket_id: not the request's ticket");
    else if (strcmp(stored->request.engineer.id, withdrawn->engineer_id) != 0)
        reject(input, "/data/engineer_id: not who asked");
    else
        requester_end(batch, stored, &input->event);
}

/* ---- tickets ---- */

/* Ends requests that a ticket no longer supports: all once it is closed, otherwise those of
 * engineers who were removed from it. */
static void end_unsupported(struct lbx_batch *batch, const struct lbx_ticket *ticket,
                            const struct lbx_event *cause) {
    const struct working_set *set = batch->state->set;
    LBX_MAP_EACH(&set->requests, entry) {
        struct lbx_stored_request *stored = entry->value;
        const struct lbx_request *request = &stored->request;
        if (strcmp(request->ticket_id, ticket->ticket_id) == 0 &&
            (!ticket->open || !lbx_ticket_engineer(ticket, request->engineer.id)))
            requester_end(batch, stored, cause);
    }
}

/* Whether the ticket was opened before: a second ticket.opened changes neither subscription nor state. */
static bool opens_again(const struct lbx_event *event, const struct lbx_ticket *ticket) {
    return event->type == LBX_EVENT_TICKET_OPENED && ticket->subscription_id;
}

static void on_ticket(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct stored_ticket *stored =
        working_set_ticket(batch->state->set, lbx_ticket_id(input->event.type, input->event.data));
    if (opens_again(&input->event, &stored->ticket)) {
        reject(input, "/data/ticket_id: this ticket was opened before");
        return;
    }
    if (input->event.type == LBX_EVENT_TICKET_ESCALATED &&
        lbx_ticket_full(&stored->ticket, input->event.data)) {
        reject(input, "/data/engineer: too_many_escalations");
        return;
    }
    lbx_ticket_apply(input->event.type, input->event.data, batch->arena, &stored->ticket);
    stored->changed = true;
    end_unsupported(batch, &stored->ticket, &input->event);
}

/* ---- a batch ---- */

static void on_access(struct lbx_batch *batch, struct lbx_input_event *input) {
    switch ((enum lbx_access_event)input->event.type) {
    case LBX_ACCESS_EVENT_REQUESTED:
    case LBX_ACCESS_EVENT_EMERGENCY_DECLARED:
        on_access_requested(batch, input);
        break;
    case LBX_ACCESS_EVENT_WITHDRAWN:
        on_access_withdrawn(batch, input);
        break;
    case LBX_ACCESS_EVENT_PERFORMED: /* comes in another topic */
        break;
    }
}

/* Quarantines an event whose rows cannot be read, to be replayed later. Requests that end with
 * the ticket need no row of the ticket, and end at once. */
static void keep(struct lbx_batch *batch, struct lbx_input_event *input, const char *why) {
    reject(input, why);
    if (input->event.type != LBX_EVENT_TICKET_CLOSED)
        return;
    const struct lbx_ticket closed = {
        .ticket_id = lbx_ticket_id(input->event.type, input->event.data), .open = false};
    end_unsupported(batch, &closed, &input->event);
}

static void handle(struct lbx_batch *batch, struct lbx_input_event *input) {
    lbx_unit_begin(&batch->unit, input);
    const char *unreadable = working_set_unreadable(batch->state->set, &input->event);
    if (unreadable) {
        keep(batch, input, unreadable);
        return;
    }
    switch (lbx_event_type_info(input->event.type)->family) {
    case LBX_FAMILY_TICKET:
        on_ticket(batch, input);
        break;
    case LBX_FAMILY_ACCESS:
        on_access(batch, input);
        break;
    case LBX_FAMILY_TENANT:
        requester_on_tenant(batch, input);
        break;
    case LBX_FAMILY_DECISION: /* come in other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
    case LBX_FAMILY_OPERATOR:
        break;
    }
}

static void load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    batch->state = LBX_ARENA_NEW(batch->arena, struct lbx_batch_state);
    batch->state->set = working_set_load(batch, calls);
}

static enum lbx_err decide(struct lbx_batch *batch) {
    working_set_read(batch->state->set, batch->worker->pg);
    if (batch->state->set->unreadable > 0)
        lbx_worker_incident(lbx_unreadable_row());
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            handle(batch, &batch->inputs[i]);
    return LBX_OK;
}

static void save(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    working_set_save(batch->state->set, &batch->unit, calls);
}

const struct lbx_events requester_events = {
    .topics = {LBX_TOPIC_TENANTS, LBX_TOPIC_TICKETS, LBX_TOPIC_COUNT},
    .load = load,
    .decide = decide,
    .save = save,
};
