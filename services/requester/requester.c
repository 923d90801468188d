/* Rules over tenants and tickets, event by event, in the order in which they came. */
#include "requester.h"

#include "base/log.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

/* ---- requests ---- */

/* The request that a wish extends, as time has left it by now; NULL where there is none. */
static const struct lbx_request *extended_by(struct lbx_batch *batch, const char *id) {
    const struct world *world = batch->state;
    const struct lbx_limits limits = lbx_worker_limits(batch->worker);
    struct lbx_stored_request *kept = id ? lbx_map_get(&world->requests, id) : NULL;
    if (!kept)
        return NULL;
    lbx_unit_pass_time(&batch->unit, kept, &limits);
    return &kept->request;
}

/* What a request's first state is published as. */
static const int first_events[LBX_STATE_END] = {
    [LBX_STATE_CUSTOMER_NOTIFIED] = LBX_EVENT_REQUEST_CREATED,
    [LBX_STATE_EMERGENCY] = LBX_EVENT_REQUEST_EMERGENCY_STARTED,
    [LBX_STATE_REFUSED] = LBX_EVENT_REQUEST_REFUSED,
    [LBX_STATE_NOT_REQUIRED] = LBX_EVENT_REQUEST_NOT_REQUIRED,
};

static void alarm_if_unapprovable(struct lbx_batch *batch, const struct lbx_request *request) {
    if (request->reason != LBX_REFUSAL_NO_APPROVERS)
        return;
    atomic_fetch_add(&batch->worker->metrics.no_approvers, 1);
    lbx_log(LBX_LOG_ERROR, "nobody may approve for a subscription that has Lockbox enabled",
            LBX_S("subscription_id", request->subscription_id),
            LBX_S("request_id", request->request_id));
}

static void on_access_requested(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct world *world = batch->state;
    const struct lbx_access_requested *wish = input->event.data;
    const struct lbx_ticket *ticket = &world_ticket(world, wish->ticket_id)->ticket;
    const struct kept_subscription *subscription =
        world_subscription(world, ticket->subscription_id);
    if (subscription && subscription->subscription.removed)
        subscription = NULL; /* it is nobody's */
    const struct lbx_limits limits = lbx_worker_limits(batch->worker);
    struct lbx_creation creation = {
        .wish = wish,
        .ticket = ticket,
        .subscription = subscription ? &subscription->subscription : NULL,
        .extended = extended_by(batch, wish->extends),
        .limits = &limits,
        .request_id = lbx_unit_uuid(&batch->unit),
        .now = batch->unit.now,
    };
    if (subscription)
        creation.approvers =
            world_approvers(world, &subscription->subscription, &creation.approver_count);
    struct lbx_stored_request *kept = LBX_ARENA_NEW(batch->arena, struct lbx_stored_request);
    lbx_request_create(&creation, batch->arena, &kept->request);
    world_request_add(world, kept);
    const struct lbx_step first = {.event = first_events[kept->request.state]};
    lbx_unit_step(&batch->unit, kept, &first, &input->event);
    if (subscription) {
        struct lbx_step approved = lbx_request_auto_approve(
            &kept->request, &subscription->subscription.policy, creation.now, batch->arena);
        lbx_unit_step(&batch->unit, kept, &approved, &input->event);
    }
    alarm_if_unapprovable(batch, &kept->request);
}

static void end_by_ticket(struct lbx_batch *batch, struct lbx_stored_request *kept,
                          const struct lbx_event *cause) {
    const struct lbx_limits limits = lbx_worker_limits(batch->worker);
    lbx_unit_pass_time(&batch->unit, kept, &limits);
    struct lbx_step ended = lbx_request_ticket_ended(&kept->request, batch->unit.now);
    lbx_unit_step(&batch->unit, kept, &ended, cause);
}

static void reject(struct lbx_input_event *input, const char *reason) {
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text, "%s", reason);
}

static void on_access_withdrawn(struct lbx_batch *batch, struct lbx_input_event *input) {
    const struct lbx_access_withdrawn *withdrawn = input->event.data;
    const struct world *world = batch->state;
    struct lbx_stored_request *kept = lbx_map_get(&world->requests, withdrawn->request_id);
    if (!kept)
        reject(input, "/data/request_id: no such request");
    else if (strcmp(kept->request.ticket_id, withdrawn->ticket_id) != 0)
        reject(input, "/data/ticket_id: not the request's ticket");
    else if (strcmp(kept->request.engineer.id, withdrawn->engineer_id) != 0)
        reject(input, "/data/engineer_id: not who asked");
    else
        end_by_ticket(batch, kept, &input->event);
}

/* ---- tickets ---- */

/* Ends what a ticket no longer carries: all of it once closed, else what engineers asked for who are
 * not on it any more. */
static void end_unsupported(struct lbx_batch *batch, const struct lbx_ticket *ticket,
                            const struct lbx_event *cause) {
    const struct world *world = batch->state;
    for (struct live_request *live = world->live; live; live = live->next) {
        struct lbx_request *request = &live->kept->request;
        if (strcmp(request->ticket_id, ticket->ticket_id) == 0 &&
            (!ticket->open || !lbx_ticket_engineer(ticket, request->engineer.id)))
            end_by_ticket(batch, live->kept, cause);
    }
}

/* A ticket is opened once: opening it again changes neither its subscription nor its state. */
static bool opens_again(const struct lbx_event *event, const struct lbx_ticket *ticket) {
    return event->type == LBX_EVENT_TICKET_OPENED && ticket->subscription_id;
}

static void on_ticket(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct kept_ticket *kept =
        world_ticket(batch->state, lbx_ticket_id(input->event.type, input->event.data));
    if (opens_again(&input->event, &kept->ticket)) {
        reject(input, "/data/ticket_id: this ticket was opened before");
        return;
    }
    lbx_ticket_apply(input->event.type, input->event.data, batch->arena, &kept->ticket);
    kept->dirty = true;
    end_unsupported(batch, &kept->ticket, &input->event);
}

/* ---- tenants ---- */

static void publish_change(struct lbx_batch *batch, const struct lbx_event *event,
                           enum lbx_refusal why) {
    const struct lbx_tenant_event *tenant = event->data;
    const struct lbx_tenant_changed changed = {
        .tenant_id = tenant->tenant_id,
        .subscription_id = tenant->subscription_id,
        .name = tenant->name,
        .change = (int)lbx_tenant_change_of(event->type),
        .principal = tenant->principal,
        .role = tenant->role,
        .by = tenant->by,
        .alternate_emails = tenant->alternate_emails,
        .alternate_count = tenant->alternate_count,
        .policy = tenant->policy,
        .principal_id = tenant->principal_id,
        .public_key = tenant->public_key,
        .at = batch->unit.now,
        .reason = (int)why,
    };
    lbx_unit_publish(&batch->unit, why ? LBX_EVENT_TENANT_CHANGE_REFUSED : LBX_EVENT_TENANT_CHANGED,
                     tenant->tenant_id, 0, event, &changed);
}

static void on_tenant(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct world *world = batch->state;
    const struct lbx_tenant_event *event = input->event.data;
    struct kept_subscription *kept = world_subscription(world, event->subscription_id);
    struct lbx_subscription *subscription = kept ? &kept->subscription : NULL;
    enum lbx_event_type type = input->event.type;
    bool by_administrator =
        event->by.id && world_is_administrator(world, event->tenant_id, &event->by);
    enum lbx_refusal why =
        lbx_tenant_change(type, event, by_administrator, batch->arena, &subscription);
    if (why == LBX_REFUSAL_NONE) {
        if (subscription && !kept)
            kept = world_subscription_add(world, subscription);
        if (kept)
            kept->dirty = true;
        if (type == LBX_EVENT_TENANT_ROLE_ASSIGNED || type == LBX_EVENT_TENANT_ROLE_REMOVED)
            world_role_set(world, event, type == LBX_EVENT_TENANT_ROLE_ASSIGNED);
        if (type == LBX_EVENT_TENANT_APPROVER_KEY_SET)
            world_key_set(world, event);
    }
    publish_change(batch, &input->event, why);
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
    case LBX_ACCESS_EVENT_PERFORMED: /* of another topic */
        break;
    }
}

static void handle(struct lbx_batch *batch, struct lbx_input_event *input) {
    switch (lbx_event_type_info(input->event.type)->family) {
    case LBX_FAMILY_TICKET:
        on_ticket(batch, input);
        break;
    case LBX_FAMILY_ACCESS:
        on_access(batch, input);
        break;
    case LBX_FAMILY_TENANT:
        on_tenant(batch, input);
        break;
    case LBX_FAMILY_DECISION: /* of other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
        break;
    }
}

void requester_load(struct lbx_batch *batch, struct lbx_calls *calls) {
    batch->state = world_load(batch, calls);
}

enum lbx_err requester_decide(struct lbx_batch *batch) {
    enum lbx_err err = world_read(batch->state, batch->worker->pg);
    for (size_t i = 0; err == LBX_OK && i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            handle(batch, &batch->inputs[i]);
    return err;
}

void requester_save(struct lbx_batch *batch, struct lbx_calls *calls) {
    world_save(batch->state, &batch->unit, calls);
}
