/* What each event of the REQUEST family means to those who tell of it. */
#ifndef LBX_EVENT_REQUEST_EVENT_H
#define LBX_EVENT_REQUEST_EVENT_H

#include "event/payload.h"

/* What a sentence about the event ends with. */
enum lbx_request_detail {
    LBX_DETAIL_NONE,
    LBX_DETAIL_APPROVERS, /* how many are asked, until when */
    LBX_DETAIL_REFUSAL,   /* the reason and the item */
    LBX_DETAIL_NEEDED,    /* how many approvals are needed */
    LBX_DETAIL_ACCESS,    /* until when access lasts */
};

struct lbx_request_event {
    const char *words; /* what Lockbox does: "grants access" */
    enum lbx_request_detail detail;
    enum lbx_mail_kind mail;   /* what is sent about it; LBX_MAIL_NONE: nothing */
    bool by_engineer;          /* its actor is the engineer who asked */
    enum lbx_decision by_vote; /* its actor is who cast the last vote, where that is such a vote */
    const char *operation, *status, *level; /* in the activity log */
};

/* type must be of the family REQUEST. Static. */
const struct lbx_request_event *lbx_request_event(enum lbx_event_type type);

#endif
