/* request list and request show: requests in the operational database, read once. A request that
 * this program cannot decode is still printed by -o json. Fail as ctl_ask. */
#include "commands.h"

#include "arguments.h"
#include "base/time.h"
#include "database.h"
#include "event/payload.h"
#include "mail/changes.h"
#include "mail/words.h"
#include "sql_ctl.h"
#include "story.h"
#include "watch.h"

#include <string.h>

/* ---- list ---- */

static bool state_is_valid(const char *state) {
    if (!state || lbx_name_index(lbx_state_names, state))
        return true;
    struct lbx_buf known LBX_BUF = {0};
    for (size_t i = 1; lbx_state_names[i]; i++)
        lbx_buf_printf(&known, "%s%s", i > 1 ? ", " : "", lbx_state_names[i]);
    ctl_fail(CTL_USAGE, "--state takes one of %s, not %s", known.data, state);
    return false;
}

static enum ctl_exit list(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"request_id"},
        {"state", CTL_CELL_STATE},
        {"ends_in", .in_tables = true, .head = "left"},
        {"engineer_id", .fits = true},
        {"cluster", .fits = true},
        {"created_at", CTL_CELL_TIME, .fits = true},
        {"ends_at", CTL_CELL_TIME, .fits = true}, /* decide_by; with a grant, expires_at */
        {"ended_at", CTL_CELL_TIME, .fits = true},
        {"ticket_id", .cut = true},
        {"tenant_id", .wide = true},
        {"subscription_id", .wide = true},
        {"resource_id", .wide = true},
        {"version", CTL_CELL_NUMBER, .wide = true},
        {"reason", .wide = true},
    };
    int64_t limit;
    const char *state = ctl->options[CTL_STATE];
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit) || !state_is_valid(state))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_request_list, &pg, .state = state,
                                 .ticket_id = ctl->options[CTL_TICKET], .most = limit);
    if (code == CTL_DONE)
        CTL_PRINT_ANSWER(ctl, pg, ctl_request_list, columns, limit);
    return code;
}

enum ctl_exit ctl_request_list(struct ctl *ctl) {
    return ctl_watch(ctl, list);
}

/* ---- show ---- */

static void label(const char *name, struct lbx_buf *out) {
    lbx_buf_printf(out, "  %-17s ", name);
}

/* Appends a line, if there is text. */
static void line(const char *name, const char *text, struct lbx_buf *out) {
    if (!text)
        return;
    label(name, out);
    lbx_text_harmless(text, out);
    lbx_buf_char(out, '\n');
}

static void line_time(const char *name, int64_t at, struct lbx_buf *out) {
    if (!at)
        return;
    label(name, out);
    ctl_put_time(at, out);
    lbx_buf_char(out, '\n');
}

static void line_person(const char *name, const struct lbx_principal *person, struct lbx_buf *out) {
    if (!person->id)
        return;
    label(name, out);
    ctl_put_person(person, out);
    lbx_buf_char(out, '\n');
}

static void line_duration(const char *name, int64_t us, struct lbx_buf *out) {
    if (!us)
        return;
    label(name, out);
    lbx_duration_words(us, out);
    lbx_buf_char(out, '\n');
}

static void show_engineer(const struct lbx_request *r, struct lbx_buf *out) {
    const struct lbx_engineer *e = &r->engineer;
    struct lbx_buf text LBX_BUF = {0};
    ctl_put_person(&(struct lbx_principal){e->id, e->email, e->name}, &text);
    if (e->organization)
        lbx_buf_printf(&text, " of %s", e->organization);
    lbx_buf_printf(&text, ", %s", e->id);
    line("engineer", text.data, out);
}

static const char *colour_of_line(char sign) {
    return ctl_colour_of(sign == '+'   ? "approved"
                         : sign == '-' ? "denied"
                         : sign == '!' ? "emergency"
                                       : "");
}

/* Appends the lines of an item's changes. */
static void show_changes(const char *changes, struct lbx_buf *out) {
    struct lbx_buf lines LBX_BUF = {0};
    lbx_changes_words(changes, &lines);
    for (size_t at = 0, len; at < lines.len; at += len + 1) {
        len = strcspn(lines.data + at, "\n");
        const char *colour = colour_of_line(lines.data[at]);
        label("", out);
        lbx_buf_printf(out, "   %s", colour);
        lbx_text_harmless_n(lines.data + at, len, out);
        lbx_buf_printf(out, "%s\n", *colour ? ctl_colour_end() : "");
    }
}

static void show_items(const struct lbx_request *r, struct lbx_buf *out) {
    for (size_t i = 0; i < r->action_count; i++) {
        label(i ? "" : "actions", out);
        lbx_buf_printf(out, "%lld. ", (long long)r->actions[i].number);
        lbx_item_words(&r->actions[i], out);
        lbx_buf_str(out, r->actions[i].kept ? "\n" : "  (not granted)\n");
        show_changes(r->actions[i].content.changes, out);
    }
    line("", "logs: only namespaces openshift and openshift-…", out);
}

static void show_approvers(const struct lbx_request *r, struct lbx_buf *out) {
    for (size_t i = 0; i < r->approver_count; i++) {
        label(i ? "" : "approvers", out);
        ctl_put_person(&r->approvers[i].principal, out);
        lbx_buf_printf(out, ", %s, ", lbx_role_names[r->approvers[i].role]);
        lbx_text_harmless(r->approvers[i].principal.id, out);
        lbx_buf_char(out, '\n');
    }
    for (size_t i = 0; i < r->alternate_count; i++)
        line(i ? "" : "also told", r->alternate_emails[i], out);
}

static void show_votes(const struct lbx_request *r, struct lbx_buf *out) {
    for (size_t i = 0; i < r->decision_count; i++) {
        const struct lbx_vote *vote = &r->decisions[i];
        label(i ? "" : "decisions", out);
        ctl_put_time(vote->at, out);
        lbx_buf_printf(out, "  %s by ", lbx_decision_names[vote->decision]);
        ctl_put_person(&vote->by, out);
        ctl_put_remark(vote->comment, out);
        lbx_buf_char(out, '\n');
    }
}

static void show_refusal(const struct lbx_request *r, struct lbx_buf *out) {
    if (!r->reason)
        return;
    label("refused for", out);
    lbx_buf_str(out, lbx_refusal_names[r->reason]);
    if (r->reason_item)
        lbx_buf_printf(out, " (item %lld)", (long long)r->reason_item);
    if (r->detail) {
        lbx_buf_str(out, ": ");
        lbx_text_harmless(r->detail, out);
    }
    lbx_buf_char(out, '\n');
}

static void show(const struct lbx_request *r, struct lbx_buf *out) {
    const char *state = lbx_state_names[r->state];
    lbx_buf_printf(out, "Request %s: %s%s%s (version %lld)\n", r->request_id, ctl_colour_of(state),
                   state, *ctl_colour_of(state) ? ctl_colour_end() : "", (long long)r->version);
    show_refusal(r, out);
    line("ticket", r->ticket_id, out);
    show_engineer(r, out);
    line("cluster", r->resource_id, out);
    line("tenant", r->tenant_id, out);
    line("justification", r->justification, out);
    line("reason code", r->reason_code, out);
    line("extends", r->extends, out);
    line_person("authorized by", &r->authorized_by, out);
    line("incident", r->incident_id, out);
    show_items(r, out);
    line_duration("duration", r->duration, out);
    line_duration("granted for", r->granted_duration, out);
    line_time("created", r->created_at, out);
    line_time("to decide by", r->decide_by, out);
    line_time("access from", r->starts_at, out);
    line_time("access until", r->expires_at, out);
    line_time("ended", r->ended_at, out);
    line_time("to acknowledge by", r->acknowledge_by, out);
    line_time("acknowledged", r->acknowledged_at, out);
    show_approvers(r, out);
    show_votes(r, out);
    line("digest", r->digest, out);
}

/* A row, its columns the members that a request may have. */
static void show_row(struct ctl *ctl, const struct lbx_pg *pg) {
    const size_t count = lbx_request_table.count;
    struct ctl_column *columns = LBX_ARENA_ARRAY(&ctl->arena, struct ctl_column, count);
    const char **cells = LBX_ARENA_ARRAY(&ctl->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        columns[i] = (struct ctl_column){.name = lbx_request_table.fields[i].name};
        cells[i] = NULL;
        for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
            const struct sql_ctl_request_members_answer it =
                LBX_PG_READ(pg, 0, row, ctl_request_members, NULL);
            if (strcmp(it.name, columns[i].name) == 0)
                cells[i] = it.value;
        }
    }
    struct ctl_rows rows CTL_ROWS;
    ctl_rows_init(&rows, columns, count);
    ctl_rows_add(&rows, cells);
    ctl_rows_print(&rows, ctl->format);
}

static enum ctl_exit show_snapshot(struct ctl *ctl, const char *snapshot) {
    struct lbx_buf out LBX_BUF = {0};
    if (ctl->format == CTL_JSON) {
        lbx_buf_printf(&out, "%s\n", snapshot);
        ctl_put(&out);
        return CTL_DONE;
    }
    struct lbx_request request;
    struct lbx_reason reason;
    if (lbx_json_read_stored(&lbx_request_table, snapshot, strlen(snapshot), &ctl->arena, &request,
                             &reason) != LBX_OK)
        return ctl_fail(CTL_NO, "the request cannot be read by this program: %s; -o json prints it",
                        reason.text);
    show(&request, &out);
    ctl_put(&out);
    return CTL_DONE;
}

enum ctl_exit ctl_request_show(struct ctl *ctl) {
    const char *id = ctl->args[0];
    if (!ctl_request_id_is_valid(id))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = ctl->format == CTL_CSV
                             ? CTL_ASK(ctl, &ctl_lockbox, ctl_request_members, &pg, .id = id)
                             : CTL_ASK(ctl, &ctl_lockbox, ctl_request_show, &pg, .id = id);
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO, "no request has the id %s; see lockboxctl request list", id);
    if (ctl->format == CTL_CSV) {
        show_row(ctl, pg);
        return CTL_DONE;
    }
    return show_snapshot(ctl, LBX_PG_READ(pg, 0, 0, ctl_request_show, NULL).snapshot);
}
