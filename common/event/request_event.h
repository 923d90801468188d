/* How each event of the REQUEST family is shown: in words, mail and activity log. */
#ifndef LBX_EVENT_REQUEST_EVENT_H
#define LBX_EVENT_REQUEST_EVENT_H

#include "event/payload.h"

/* The end of a sentence about the event. */
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
    enum lbx_mail_kind mail;   /* the mail about it; LBX_MAIL_NONE: none */
    bool by_engineer;          /* the actor is the engineer */
    enum lbx_decision by_vote; /* the actor is the last voter, if that vote was such a decision */
    const char *operation, *status, *level; /* as in the activity log */
};

/* The row of a type, which must be of the family REQUEST. Static. */
const struct lbx_request_event *lbx_request_event(enum lbx_event_type type);

#endif
