/* A request to play with, for the tests of core/request.h. */
#ifndef LBX_TESTS_REQUEST_IN_H
#define LBX_TESTS_REQUEST_IN_H

#include "core/request.h"

#include "check.h"

#define HOUR INT64_C(3600000000)
#define NOW INT64_C(1795450118123456) /* 2026-11-23T16:08:38.123456Z */
#define DECIDE_BY (NOW + 96 * HOUR)

static const int64_t day_and_four_hours[] = {24 * HOUR, 4 * HOUR};
static const struct lbx_limits limits = {.reminders = day_and_four_hours, .reminder_count = 2};

/* Five approvers: two ordinary ones, the engineer himself, he again under another id, and the vendor's
 * own who opened the ticket. */
static inline struct lbx_request *request_in(enum lbx_state state, struct lbx_arena *arena) {
    static const struct lbx_approver approvers[] = {
        {{"u-ann", "ann@contoso.example", "Ann"}, LBX_ROLE_OWNER},
        {{"u-bo", "bo@contoso.example", "Bo"}, LBX_ROLE_LOCKBOX_APPROVER},
        {{"e-erin", "erin@vendor.example", "Erin"}, LBX_ROLE_OWNER},
        {{"u-erin", "Erin@VENDOR.example", "Erin too"}, LBX_ROLE_OWNER},
        {{"u-olga", "olga@vendor.example", "Olga"}, LBX_ROLE_OWNER},
    };
    static const struct lbx_item items[] = {
        {1, "get_pod_logs", "openshift-etcd", NULL, NULL, .kept = true},
        {2, "list_or_get_objects", NULL, "Node", NULL, .kept = true},
        {3, "delete_object", "default", "Pod", "p", .kept = true},
    };
    struct lbx_request *request = LBX_ARENA_NEW(arena, struct lbx_request);
    *request = (struct lbx_request){
        .request_id = "R-1",
        .state = (int)state,
        .version = 1,
        .ticket_id = "T-1",
        .engineer = {"e-erin", "erin@vendor.example", "Erin", "microsoft"},
        .opened_by = {"u-olga", "olga@vendor.example", "Olga"},
        .actions = LBX_ARENA_ARRAY(arena, struct lbx_item, 33),
        .action_count = COUNT(items),
        .justification = "because",
        .duration = 8 * HOUR,
        .created_at = NOW - HOUR,
        .decide_by = DECIDE_BY,
        .approvals_needed = 1,
        .approvers = LBX_ARENA_ARRAY(arena, struct lbx_approver, COUNT(approvers)),
        .approver_count = COUNT(approvers),
    };
    memcpy(request->actions, items, sizeof items);
    for (size_t i = COUNT(items); i < 33; i++)
        request->actions[i].kept = true; /* nobody has business there */
    memcpy(request->approvers, approvers, sizeof approvers);
    if (state == LBX_STATE_NOT_REQUIRED)
        request->decide_by = 0;
    if (state == LBX_STATE_APPROVED || state == LBX_STATE_EMERGENCY ||
        state == LBX_STATE_NOT_REQUIRED) {
        request->starts_at = NOW - HOUR;
        request->expires_at = NOW + 7 * HOUR;
    }
    return request;
}

static inline void make_emergency(struct lbx_request *request) {
    request->incident_id = "I-1";
    request->acknowledge_by = NOW + 24 * HOUR;
}

#endif
