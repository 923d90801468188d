#include "core/mail.h"

#include "core/words.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { PARAGRAPHS = 4, FACTS = 16, TITLE_CHARS = 80 };

/* The next line of a text, without its end; false where there is none. */
static bool next_line(const char **text, const char **ret_line, size_t *ret_len) {
    if (!*text || !**text)
        return false;
    *ret_line = *text;
    *ret_len = strcspn(*text, "\r\n");
    *text += *ret_len;
    if (**text == '\r' && (*text)[1] == '\n')
        (*text)++;
    if (**text)
        (*text)++;
    return true;
}

static void html(const char *text, size_t len, struct lbx_buf *out) {
    for (size_t i = 0; i < len; i++)
        switch (text[i]) {
        case '&':
            lbx_buf_str(out, "&amp;");
            break;
        case '<':
            lbx_buf_str(out, "&lt;");
            break;
        case '>':
            lbx_buf_str(out, "&gt;");
            break;
        case '"':
            lbx_buf_str(out, "&quot;");
            break;
        case '\'':
            lbx_buf_str(out, "&#39;");
            break;
        default:
            lbx_buf_char(out, text[i]);
        }
}

static void html_buf(const struct lbx_buf *text, struct lbx_buf *out) {
    html(text->data, text->len, out);
}

/* ---- phrases ---- */

static bool given(const char *text) {
    return text && *text;
}

/* "Erin Example of microsoft" */
static void engineer(const struct lbx_request *request, struct lbx_buf *out) {
    const struct lbx_engineer *e = &request->engineer;
    lbx_text_harmless(given(e->name) ? e->name : given(e->email) ? e->email : e->id, out);
    if (given(e->organization)) {
        lbx_buf_str(out, " of ");
        lbx_text_harmless(e->organization, out);
    }
}

/* Those who voted so, "Ann Ng (ann@example.com) and Bo Li (bo@example.com)"; false: nobody. */
static bool voters(const struct lbx_request *request, enum lbx_decision decision,
                   struct lbx_buf *out) {
    bool any = false;
    for (size_t i = 0; i < request->decision_count; i++) {
        const struct lbx_vote *vote = &request->decisions[i];
        if (vote->decision != (int)decision)
            continue;
        if (any)
            lbx_buf_str(out, " and ");
        if (vote->by.id && strcmp(vote->by.id, "policy") == 0)
            lbx_buf_str(out, "The policy of the subscription");
        else
            lbx_person_words(vote->by.name, vote->by.email, vote->by.id, out);
        any = true;
    }
    return any;
}

static const char *const refusal_words[LBX_REFUSAL_END] = {
    [LBX_REFUSAL_TICKET_UNKNOWN] = "its ticket is not known",
    [LBX_REFUSAL_TICKET_CLOSED] = "its ticket is closed",
    [LBX_REFUSAL_ENGINEER_NOT_ON_TICKET] = "the engineer is not assigned to its ticket",
    [LBX_REFUSAL_ORGANIZATION_NOT_ALLOWED] = "the engineer's organization is not allowed",
    [LBX_REFUSAL_ACTION_NOT_PERMITTED] = "an action is not one of the permitted ones",
    [LBX_REFUSAL_RESOURCE_OUTSIDE_SUBSCRIPTION] = "the resource is outside the subscription",
    [LBX_REFUSAL_DURATION_TOO_LONG] = "the duration is longer than allowed",
    [LBX_REFUSAL_JUSTIFICATION_MISSING] = "it has no justification",
    [LBX_REFUSAL_EXTENDS_UNKNOWN] = "the request that it extends is not known",
    [LBX_REFUSAL_NO_APPROVERS] = "nobody may approve for the subscription",
    [LBX_REFUSAL_AUTHORIZER_IS_ENGINEER] = "the emergency was authorized by the engineer himself",
};

static const char *const state_words[LBX_STATE_END] = {
    [LBX_STATE_CUSTOMER_NOTIFIED] = "Customer Notified",
    [LBX_STATE_APPROVED] = "Approved",
    [LBX_STATE_EMERGENCY] = "Emergency",
    [LBX_STATE_DENIED] = "Denied",
    [LBX_STATE_EXPIRED] = "Lapsed",
    [LBX_STATE_CANCELLED] = "Cancelled",
    [LBX_STATE_COMPLETED] = "Completed",
    [LBX_STATE_REVOKED] = "Revoked",
    [LBX_STATE_REFUSED] = "Refused",
    [LBX_STATE_NOT_REQUIRED] = "Approval not required",
};

/* ---- a page: what is said, before it is text or HTML. All of it is harmless already. ---- */

struct fact {
    const char *label;
    struct lbx_buf value;
};

struct page {
    struct lbx_buf heading, link, footer;
    struct lbx_buf paragraphs[PARAGRAPHS];
    size_t paragraph_count;
    struct fact facts[FACTS];
    size_t fact_count;
    const char *items_label, *link_label;
    const char *comment; /* of who decided, as it came; NULL: none */
};

static void page_done(struct page *page) {
    lbx_buf_done(&page->heading);
    lbx_buf_done(&page->link);
    lbx_buf_done(&page->footer);
    for (size_t i = 0; i < page->paragraph_count; i++)
        lbx_buf_done(&page->paragraphs[i]);
    for (size_t i = 0; i < page->fact_count; i++)
        lbx_buf_done(&page->facts[i].value);
}

static struct lbx_buf *paragraph(struct page *page) {
    assert(page->paragraph_count < PARAGRAPHS);
    return &page->paragraphs[page->paragraph_count++];
}

static struct lbx_buf *fact(struct page *page, const char *label) {
    assert(page->fact_count < FACTS);
    struct fact *fact = &page->facts[page->fact_count++];
    fact->label = label;
    return &fact->value;
}

static void fact_text(struct page *page, const char *label, const char *text) {
    if (given(text))
        lbx_text_harmless(text, fact(page, label));
}

/* Both for approval_needed and reminder. */
static void write_question(const struct lbx_mail_input *input, struct page *page) {
    const struct lbx_request *request = input->request;
    struct lbx_buf *what = paragraph(page), *else_ = paragraph(page);
    if (input->reader == LBX_READER_ENGINEER) {
        lbx_buf_str(what, "Your request for access to the cluster ");
    } else {
        engineer(request, what);
        lbx_buf_str(what, " asks for access to your cluster ");
    }
    lbx_cluster_words(request->resource_id, what);
    lbx_buf_str(what, " for ");
    lbx_duration_words(request->duration, what);
    if (input->reader == LBX_READER_ENGINEER)
        lbx_buf_str(what, " is waiting for the customer's decision");
    lbx_buf_str(what, ". Nothing is done before ");
    if (input->reader == LBX_READER_APPROVER && request->approvals_needed <= 1)
        lbx_buf_str(what, "you or another approver says yes.");
    else if (request->approvals_needed > 1)
        lbx_buf_printf(what, "%lld approvers say yes.", (long long)request->approvals_needed);
    else
        lbx_buf_str(what, "an approver says yes.");

    lbx_buf_str(else_, "Without a decision the request lapses at ");
    lbx_deadline_words(request->decide_by, input->now, else_);
    lbx_buf_str(else_, ", and no access is given.");
    page->items_label = "What is asked";
}

static void write_granted(const struct lbx_mail_input *input, struct lbx_buf *out) {
    const struct lbx_request *request = input->request;
    if (input->reader == LBX_READER_ENGINEER)
        lbx_buf_str(out, "You have access for ");
    else {
        engineer(request, out);
        lbx_buf_str(out, " has access for ");
    }
    lbx_duration_words(request->expires_at - request->starts_at, out);
    if (request->starts_at > input->now) {
        lbx_buf_str(out, ", from ");
        lbx_moment_words(request->starts_at, out);
    }
    lbx_buf_str(out, ", until ");
    lbx_deadline_words(request->expires_at, input->now, out);
    lbx_buf_char(out, '.');
}

/* Both for emergency and emergency_reminder. */
static void write_emergency(const struct lbx_mail_input *input, struct page *page) {
    const struct lbx_request *request = input->request;
    struct lbx_buf *what = paragraph(page), *who = paragraph(page), *then = paragraph(page);
    page->items_label = "What was opened without asking";
    engineer(request, what);
    bool open = request->state == LBX_STATE_EMERGENCY;
    lbx_buf_str(what, open ? " declared an emergency and has had access to your cluster "
                           : " declared an emergency and had access to your cluster ");
    lbx_cluster_words(request->resource_id, what);
    lbx_buf_str(what, open ? " since " : " from ");
    lbx_moment_words(request->starts_at, what);
    if (open) {
        lbx_buf_str(what, ", without your approval. The access ends by itself at ");
        lbx_deadline_words(request->expires_at, input->now, what);
        lbx_buf_str(what, "; any approver may revoke it before.");
    } else {
        lbx_buf_str(what, " to ");
        lbx_moment_words(request->ended_at ? request->ended_at : request->expires_at, what);
        lbx_buf_str(what, ", without your approval.");
    }

    lbx_buf_str(who, "It was authorized by ");
    lbx_person_words(request->authorized_by.name, request->authorized_by.email,
                     request->authorized_by.id, who);
    lbx_buf_str(who, ", for incident ");
    lbx_text_harmless(request->incident_id, who);
    lbx_buf_char(who, '.');

    if (input->kind == LBX_MAIL_EMERGENCY_REMINDER) {
        lbx_buf_str(then, "Nobody acknowledged it in time; that is recorded.");
        return;
    }
    lbx_buf_str(then, input->reader == LBX_READER_APPROVER
                          ? "Please acknowledge in the portal that you know of it, by "
                          : "An approver is to acknowledge it by ");
    lbx_deadline_words(request->acknowledge_by, input->now, then);
    lbx_buf_char(then, '.');
}

static bool tells_of_emergency(const struct lbx_mail_input *input) {
    return input->kind == LBX_MAIL_EMERGENCY || input->kind == LBX_MAIL_EMERGENCY_REMINDER;
}

static void write_refusal(const struct lbx_request *request, struct lbx_buf *out) {
    bool named = request->reason > 0 && request->reason < LBX_REFUSAL_END;
    const char *words = named ? refusal_words[request->reason] : NULL;
    lbx_buf_str(out, "The request was refused before any approver was asked");
    if (words)
        lbx_buf_printf(out, ": %s", words);
    if (request->reason_item > 0)
        lbx_buf_printf(out, " (item %lld)", (long long)request->reason_item);
    lbx_buf_str(out, ". No access is given.");
}

/* What happened, by whom, until when. */
static void write_outcome(const struct lbx_mail_input *input, struct page *page) {
    const struct lbx_request *request = input->request;
    struct lbx_buf *out = paragraph(page);
    page->items_label = "What was asked";
    switch ((enum lbx_state)request->state) {
    case LBX_STATE_APPROVED:
        page->items_label = "What is allowed";
        if (!voters(request, LBX_DECISION_APPROVE, out))
            lbx_buf_str(out, "The customer");
        lbx_buf_str(out, " approved the request. ");
        write_granted(input, out);
        break;
    case LBX_STATE_NOT_REQUIRED:
        page->items_label = "What is allowed";
        lbx_buf_str(out, "Lockbox is not enabled for the subscription, so no approval was asked. "
                         "What is done is recorded. ");
        write_granted(input, out);
        break;
    case LBX_STATE_DENIED:
        if (!voters(request, LBX_DECISION_DENY, out))
            lbx_buf_str(out, "The customer");
        lbx_buf_str(out, " denied the request. No access is given.");
        break;
    case LBX_STATE_EXPIRED:
        lbx_buf_str(out, "Nobody decided in time, so the request lapsed at ");
        lbx_moment_words(request->ended_at ? request->ended_at : request->decide_by, out);
        lbx_buf_str(out, ". No access is given.");
        break;
    case LBX_STATE_CANCELLED:
        lbx_buf_str(out, "The request ended before a decision, at ");
        lbx_moment_words(request->ended_at, out);
        lbx_buf_str(out, ": it was withdrawn, its ticket was closed, or its engineer was taken off "
                         "the ticket. No access is given.");
        break;
    case LBX_STATE_COMPLETED:
        page->items_label = "What was allowed";
        lbx_buf_str(out, "The access ended at ");
        lbx_moment_words(request->ended_at ? request->ended_at : request->expires_at, out);
        lbx_buf_str(out, ", when its time was up.");
        break;
    case LBX_STATE_REVOKED:
        page->items_label = "What was allowed";
        if (voters(request, LBX_DECISION_REVOKE, out)) {
            lbx_buf_str(out, " revoked the access. It ended at ");
            lbx_moment_words(request->ended_at, out);
            lbx_buf_char(out, '.');
        } else {
            lbx_buf_str(out, "The access was revoked at ");
            lbx_moment_words(request->ended_at, out);
            lbx_buf_str(out, ": the request was withdrawn, its ticket was closed, or its engineer "
                             "was taken off the ticket.");
        }
        break;
    case LBX_STATE_REFUSED:
        write_refusal(request, out);
        break;
    case LBX_STATE_NONE:
    case LBX_STATE_CUSTOMER_NOTIFIED:
    case LBX_STATE_EMERGENCY:
    case LBX_STATE_END:
        break; /* refused by lbx_mail_write */
    }
    for (size_t i = request->decision_count; i > 0 && !page->comment; i--)
        if (given(request->decisions[i - 1].comment))
            page->comment = request->decisions[i - 1].comment;
}

static void write_facts(const struct lbx_mail_input *input, struct page *page) {
    const struct lbx_request *request = input->request;
    lbx_buf_str(fact(page, "State"), state_words[request->state]);
    struct lbx_buf *ticket = fact(page, "Ticket");
    lbx_text_harmless(request->ticket_id, ticket);
    if (given(input->ticket_title)) {
        lbx_buf_str(ticket, ": ");
        lbx_text_harmless(input->ticket_title, ticket);
    }
    fact_text(page, "Request", request->request_id);
    lbx_cluster_words(request->resource_id, fact(page, "Cluster"));
    fact_text(page, "Resource", request->resource_id);
    lbx_person_words(request->engineer.name, request->engineer.email, request->engineer.id,
                     fact(page, "Engineer"));
    fact_text(page, "Organization", request->engineer.organization);
    if (request->duration)
        lbx_duration_words(request->duration, fact(page, "Access for"));
    if (request->state == LBX_STATE_CUSTOMER_NOTIFIED)
        lbx_deadline_words(request->decide_by, input->now, fact(page, "Decide by"));
    if (request->state == LBX_STATE_CUSTOMER_NOTIFIED && request->approvals_needed > 1)
        lbx_buf_printf(fact(page, "Approvals needed"), "%lld",
                       (long long)request->approvals_needed);
    if (request->incident_id) {
        fact_text(page, "Incident", request->incident_id);
        lbx_person_words(request->authorized_by.name, request->authorized_by.email,
                         request->authorized_by.id, fact(page, "Authorized by"));
    }
    if (request->state == LBX_STATE_APPROVED || request->state == LBX_STATE_NOT_REQUIRED ||
        request->state == LBX_STATE_EMERGENCY)
        lbx_deadline_words(request->expires_at, input->now, fact(page, "Access until"));
}

static void write_link(const struct lbx_mail_input *input, struct page *page) {
    if (!given(input->portal_url))
        return;
    struct lbx_buf *out = &page->link;
    lbx_text_harmless(input->portal_url, out);
    while (out->len > 0 && out->data[out->len - 1] == '/')
        out->data[--out->len] = '\0';
    lbx_buf_str(out, "/requests/");
    for (const char *c = input->request->request_id; *c; c++) /* RFC 3986 2.3 */
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
            strchr("-._~", *c))
            lbx_buf_char(out, *c);
        else
            lbx_buf_printf(out, "%%%02X", (unsigned int)(unsigned char)*c);
    const char *label = "See the request in the portal";
    if (input->reader == LBX_READER_APPROVER && input->request->state == LBX_STATE_EMERGENCY)
        label = "Acknowledge or revoke in the portal";
    else if (input->reader == LBX_READER_APPROVER && tells_of_emergency(input))
        label = "Acknowledge in the portal";
    else if (input->reader == LBX_READER_APPROVER && input->kind != LBX_MAIL_OUTCOME)
        label = "Approve or deny in the portal";
    page->link_label = label;
}

static void write_footer(const struct lbx_mail_input *input, struct lbx_buf *out) {
    switch (input->reader) {
    case LBX_READER_APPROVER:
        lbx_buf_str(out, "You receive this mail because you may approve access requests");
        break;
    case LBX_READER_ALTERNATE:
        lbx_buf_str(out, "You receive this mail because you are a contact for access requests");
        break;
    case LBX_READER_ENGINEER:
        lbx_buf_str(out, "You receive this mail because the request is yours");
        break;
    }
    if (given(input->request->subscription_id)) {
        lbx_buf_str(out, input->reader == LBX_READER_ENGINEER ? ", for the subscription "
                                                              : " of the subscription ");
        lbx_text_harmless(input->request->subscription_id, out);
    }
    lbx_buf_str(out, ". It was sent by Lockbox; nobody reads replies.");
}

/* What subject and heading begin with. */
static void write_lead(const struct lbx_mail_input *input, struct lbx_buf *out) {
    if (input->kind == LBX_MAIL_OUTCOME) {
        lbx_buf_str(out, state_words[input->request->state]);
        return;
    }
    if (tells_of_emergency(input)) {
        lbx_buf_str(out, input->kind == LBX_MAIL_EMERGENCY ? "Emergency access"
                                                           : "Emergency not acknowledged");
        return;
    }
    bool asks = input->reader == LBX_READER_APPROVER;
    if (input->kind == LBX_MAIL_REMINDER)
        lbx_buf_str(out, asks ? "Reminder, approval needed" : "Reminder, approval asked");
    else
        lbx_buf_str(out, asks ? "Approval needed" : "Approval asked");
}

static void write_page(const struct lbx_mail_input *input, struct page *page) {
    write_lead(input, &page->heading);
    lbx_buf_str(&page->heading, ": access to ");
    lbx_cluster_words(input->request->resource_id, &page->heading);
    if (input->kind == LBX_MAIL_OUTCOME)
        write_outcome(input, page);
    else if (tells_of_emergency(input))
        write_emergency(input, page);
    else
        write_question(input, page);
    if (input->reader == LBX_READER_ALTERNATE)
        lbx_buf_str(paragraph(page), "You are informed, you cannot approve.");
    write_facts(input, page);
    write_link(input, page);
    write_footer(input, &page->footer);
}

static void write_subject(const struct lbx_mail_input *input, struct lbx_buf *out) {
    write_lead(input, out);
    lbx_buf_str(out, ": ticket ");
    lbx_text_harmless(input->request->ticket_id, out);
    if (given(input->ticket_title)) {
        lbx_buf_str(out, " \"");
        lbx_text_shortened(input->ticket_title, TITLE_CHARS, out);
        lbx_buf_char(out, '"');
    }
    lbx_buf_str(out, ", request ");
    lbx_text_harmless(input->request->request_id, out);
}

/* ---- items ---- */

/* Whether an approval kept some items and not others. */
static bool some_kept(const struct lbx_request *request) {
    size_t kept = 0;
    for (size_t i = 0; i < request->action_count; i++)
        kept += request->actions[i].kept;
    return kept > 0 && kept < request->action_count;
}

static int64_t item_number(const struct lbx_request *request, size_t i) {
    return request->actions[i].number ? request->actions[i].number : (int64_t)i + 1;
}

static void item_line(const struct lbx_request *request, size_t i, struct lbx_buf *out) {
    lbx_item_words(&request->actions[i], out);
    if (some_kept(request) && !request->actions[i].kept)
        lbx_buf_str(out, " (not allowed)");
}

/* ---- the page as text ---- */

static void text_quote(const char *label, const char *quoted, struct lbx_buf *out) {
    const char *line;
    size_t len;
    if (!given(quoted))
        return;
    lbx_buf_printf(out, "\n%s:\n", label);
    while (next_line(&quoted, &line, &len)) {
        lbx_buf_str(out, "> ");
        lbx_text_harmless_n(line, len, out);
        lbx_buf_char(out, '\n');
    }
}

static void write_text(const struct lbx_request *request, const struct page *page,
                       struct lbx_buf *out) {
    lbx_buf_add(out, page->heading.data, page->heading.len);
    lbx_buf_char(out, '\n');
    for (size_t i = 0; i < page->paragraph_count; i++)
        lbx_buf_printf(out, "\n%s\n", page->paragraphs[i].data);
    lbx_buf_printf(out, "\n%s:\n", page->items_label);
    for (size_t i = 0; i < request->action_count; i++) {
        lbx_buf_printf(out, "%lld. ", (long long)item_number(request, i));
        item_line(request, i, out);
        lbx_buf_char(out, '\n');
    }
    if (page->link.len)
        lbx_buf_printf(out, "\n%s:\n%s\n", page->link_label, page->link.data);
    text_quote("Justification", request->justification, out);
    text_quote("Comment", page->comment, out);
    lbx_buf_char(out, '\n');
    for (size_t i = 0; i < page->fact_count; i++)
        lbx_buf_printf(out, "%s: %s\n", page->facts[i].label,
                       page->facts[i].value.data ? page->facts[i].value.data : "");
    lbx_buf_printf(out, "\n%s\n", page->footer.data);
}

/* ---- the page as HTML ---- */

static const char html_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { margin: 0; padding: 16px; background: #fff; color: #1b1b1f;\n"
    "  font: 16px/1.5 system-ui, -apple-system, \"Segoe UI\", Roboto, Arial, sans-serif;\n"
    "  overflow-wrap: anywhere; word-break: break-word; }\n"
    "main { max-width: 40em; margin: 0 auto; }\n"
    "h1 { font-size: 22px; line-height: 1.25; margin: 0 0 16px; }\n"
    "h2 { font-size: 17px; margin: 24px 0 8px; }\n"
    "ol { padding-left: 1.6em; }\n"
    "blockquote { margin: 0; padding: 0 0 0 12px; border-left: 3px solid #85858f; }\n"
    "a { color: #0b57a4; }\n"
    "table { width: 100%; margin: 24px 0; border-collapse: collapse; }\n"
    "th, td { padding: 6px 8px 6px 0; text-align: left; vertical-align: top;\n"
    "  border-top: 1px solid #d5d5dc; }\n"
    "th { width: 7em; font-weight: 600; overflow-wrap: normal; word-break: normal; }\n"
    ".note { color: #55555f; font-size: 14px; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  body { background: #18181b; color: #ececf1; }\n"
    "  a { color: #8ec5ff; }\n"
    "  th, td { border-color: #3f3f46; }\n"
    "  .note { color: #b4b4be; }\n"
    "}\n"
    "</style>\n";

static void html_quote(const char *label, const char *quoted, struct lbx_buf *out) {
    const char *line;
    size_t len;
    if (!given(quoted))
        return;
    lbx_buf_printf(out, "<h2>%s</h2>\n<blockquote dir=\"auto\">", label);
    for (bool first = true; next_line(&quoted, &line, &len); first = false) {
        struct lbx_buf clean LBX_BUF = {0};
        lbx_text_harmless_n(line, len, &clean);
        if (!first)
            lbx_buf_str(out, "<br>\n");
        html_buf(&clean, out);
    }
    lbx_buf_str(out, "</blockquote>\n");
}

static void html_link(const struct page *page, struct lbx_buf *out) {
    if (!page->link.len)
        return;
    lbx_buf_str(out, "<p><a href=\"");
    html_buf(&page->link, out);
    lbx_buf_printf(out, "\">%s</a><br>\n<span class=\"note\">", page->link_label);
    html_buf(&page->link, out);
    lbx_buf_str(out, "</span></p>\n");
}

static void write_html(const struct lbx_request *request, const struct page *page,
                       struct lbx_buf *out) {
    lbx_buf_str(out, html_head);
    lbx_buf_str(out, "<title>");
    html_buf(&page->heading, out);
    lbx_buf_str(out, "</title>\n</head>\n<body>\n<main>\n<h1>");
    html_buf(&page->heading, out);
    lbx_buf_str(out, "</h1>\n");
    for (size_t i = 0; i < page->paragraph_count; i++) {
        lbx_buf_str(out, "<p>");
        html_buf(&page->paragraphs[i], out);
        lbx_buf_str(out, "</p>\n");
    }
    lbx_buf_printf(out, "<h2>%s</h2>\n<ol>\n", page->items_label);
    for (size_t i = 0; i < request->action_count; i++) {
        struct lbx_buf words LBX_BUF = {0};
        item_line(request, i, &words);
        lbx_buf_printf(out, "<li value=\"%lld\">", (long long)item_number(request, i));
        html_buf(&words, out);
        lbx_buf_str(out, "</li>\n");
    }
    lbx_buf_str(out, "</ol>\n");
    html_link(page, out);
    html_quote("Justification", request->justification, out);
    html_quote("Comment", page->comment, out);
    lbx_buf_str(out, "<table>\n");
    for (size_t i = 0; i < page->fact_count; i++) {
        lbx_buf_printf(out, "<tr><th scope=\"row\">%s</th><td dir=\"auto\">", page->facts[i].label);
        html_buf(&page->facts[i].value, out);
        lbx_buf_str(out, "</td></tr>\n");
    }
    lbx_buf_str(out, "</table>\n<p class=\"note\">");
    html_buf(&page->footer, out);
    lbx_buf_str(out, "</p>\n</main>\n</body>\n</html>\n");
}

/* ---- the mail ---- */

static bool kind_goes_with(enum lbx_mail_kind kind, enum lbx_state state) {
    switch (kind) {
    case LBX_MAIL_APPROVAL_NEEDED:
    case LBX_MAIL_REMINDER:
        return state == LBX_STATE_CUSTOMER_NOTIFIED;
    case LBX_MAIL_OUTCOME:
        return state > LBX_STATE_NONE && state < LBX_STATE_END &&
               state != LBX_STATE_CUSTOMER_NOTIFIED && state != LBX_STATE_EMERGENCY;
    case LBX_MAIL_EMERGENCY:
        return state == LBX_STATE_EMERGENCY;
    case LBX_MAIL_EMERGENCY_REMINDER:
        return state == LBX_STATE_EMERGENCY || state == LBX_STATE_COMPLETED ||
               state == LBX_STATE_REVOKED;
    case LBX_MAIL_NONE:
    case LBX_MAIL_END:
        return false;
    }
    return false;
}

void lbx_mail_done(struct lbx_mail *mail) {
    lbx_buf_done(&mail->subject);
    lbx_buf_done(&mail->text);
    lbx_buf_done(&mail->html);
}

enum lbx_err lbx_mail_write(const struct lbx_mail_input *input, struct lbx_mail *ret_mail) {
    if (!kind_goes_with(input->kind, (enum lbx_state)input->request->state))
        return LBX_ERR_INVALID;
    lbx_buf_clear(&ret_mail->subject);
    lbx_buf_clear(&ret_mail->text);
    lbx_buf_clear(&ret_mail->html);
    struct page page LBX_CLEANUP(page_done) = {0};
    write_page(input, &page);
    write_subject(input, &ret_mail->subject);
    write_text(input->request, &page, &ret_mail->text);
    write_html(input->request, &page, &ret_mail->html);
    return LBX_OK;
}
