/* One row for each event of the REQUEST family: its words, mail, actor, and line of the activity
 * log. A type without a row does not compile. Cannot fail. */
#include "event/request_event.h"

#include <assert.h>

#define ENGINEER .by_engineer = true
#define VOTE(decision) .by_vote = LBX_DECISION_##decision
#define TIME .by_engineer = false /* caused by a clock or a ticket: no actor */
#define MAIL(kind) .mail = LBX_MAIL_##kind
#define DETAIL(name) .detail = LBX_DETAIL_##name
#define LOGGED(operation_, status_, level_)                                                        \
    .operation = (operation_), .status = (status_), .level = (level_)

/* clang-format off */
#define REQUEST_CREATED {"asks ", DETAIL(APPROVERS), MAIL(APPROVAL_NEEDED), ENGINEER, \
    LOGGED("Create Lockbox Request", "Started", "Informational")}
#define REQUEST_REFUSED {"refuses the wish: ", DETAIL(REFUSAL), MAIL(OUTCOME), ENGINEER, \
    LOGGED("Create Lockbox Request", "Failed", "Warning")}
#define REQUEST_NOT_REQUIRED {"asks nobody, Lockbox is not enabled: access", DETAIL(ACCESS), MAIL(OUTCOME), ENGINEER, \
    LOGGED("Lockbox Not Required", "Succeeded", "Informational")}
#define REQUEST_APPROVAL_RECORDED {"counts one approval more; ", DETAIL(NEEDED), MAIL(NONE), VOTE(APPROVE), \
    LOGGED("Record Lockbox Approval", "Succeeded", "Informational")}
#define REQUEST_APPROVED {"grants access", DETAIL(ACCESS), MAIL(OUTCOME), VOTE(APPROVE), \
    LOGGED("Approve Lockbox Request", "Succeeded", "Informational")}
#define REQUEST_DENIED {"ends the request: denied", DETAIL(NONE), MAIL(OUTCOME), VOTE(DENY), \
    LOGGED("Deny Lockbox Request", "Succeeded", "Informational")}
#define REQUEST_EXPIRED {"ends the request: nobody decided in time", DETAIL(NONE), MAIL(OUTCOME), TIME, \
    LOGGED("Lockbox Request Expiry", "Succeeded", "Informational")}
#define REQUEST_CANCELLED {"ends the request: cancelled", DETAIL(NONE), MAIL(OUTCOME), TIME, \
    LOGGED("Cancel Lockbox Request", "Succeeded", "Informational")}
#define REQUEST_COMPLETED {"ends access: its time is up", DETAIL(NONE), MAIL(OUTCOME), TIME, \
    LOGGED("Lockbox Access Expiry", "Succeeded", "Informational")}
#define REQUEST_REVOKED {"ends access: revoked", DETAIL(NONE), MAIL(OUTCOME), VOTE(REVOKE), \
    LOGGED("Revoke Lockbox Access", "Succeeded", "Warning")}
#define REQUEST_REMINDER_DUE {"reminds the approvers", DETAIL(NONE), MAIL(REMINDER), TIME, \
    LOGGED("Lockbox Request Reminder", "Succeeded", "Informational")}
#define REQUEST_EMERGENCY_STARTED {"grants emergency access", DETAIL(ACCESS), MAIL(EMERGENCY), ENGINEER, \
    LOGGED("Start Lockbox Emergency Access", "Succeeded", "Warning")}
#define REQUEST_ACKNOWLEDGED {"notes that the customer acknowledged", DETAIL(NONE), MAIL(NONE), VOTE(ACKNOWLEDGE), \
    LOGGED("Acknowledge Lockbox Emergency Access", "Succeeded", "Informational")}
#define REQUEST_UNACKNOWLEDGED {"notes that no customer acknowledged in time", DETAIL(NONE), MAIL(EMERGENCY_REMINDER), TIME, \
    LOGGED("Lockbox Emergency Acknowledgement Expiry", "Failed", "Warning")}
/* clang-format on */

const struct lbx_request_event *lbx_request_event(enum lbx_event_type type) {
    static const struct lbx_request_event rows[LBX_EVENT_COUNT] = {
#define ROW(family, name, ...) [LBX_EVENT_##family##_##name] = family##_##name,
        LBX_REQUEST_EVENTS(ROW)
#undef ROW
    };
    assert(rows[type].words);
    return &rows[type];
}
