/* Passes settings to the rules. Promises that the list of forbidden items is read once, at the
 * start. Fails where the file is malformed: the worker then does not start. */
#include "store/limits.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

/* Shared by all lanes, and constant after the start. */
static struct {
    struct lbx_arena arena;
    struct lbx_forbidden_list list;
} forbidden;

static enum lbx_err refuse(const char *why) {
    lbx_log(LBX_LOG_ERROR, "bad setting", LBX_S("setting", "LOCKBOX_FORBIDDEN"),
            LBX_S("reason", why));
    return LBX_ERR_INVALID;
}

static enum lbx_err read_file(const char *path) {
    struct lbx_buf text LBX_BUF = {0};
    struct lbx_reason reason;
    if (!lbx_file_read(path, FILE_MAX, &text))
        return refuse(strerror(errno));
    return lbx_forbidden_read(text.data, text.len, &forbidden.arena, &forbidden.list, &reason) ==
                   LBX_OK
               ? LBX_OK
               : refuse(reason.text);
}

enum lbx_err lbx_limits_check(const struct lbx_settings *settings) {
    forbidden.list = (struct lbx_forbidden_list){0};
    lbx_arena_done(&forbidden.arena);
    if (strcmp(settings->forbidden, "none") == 0)
        return LBX_OK;
    if (strcmp(settings->forbidden, "default") != 0)
        return read_file(settings->forbidden);
    forbidden.list = lbx_forbidden_default;
    return LBX_OK;
}

struct lbx_limits lbx_limits_of(const struct lbx_settings *settings) {
    return (struct lbx_limits){
        .pending_ttl = settings->pending_ttl,
        .grant_ttl = settings->grant_ttl,
        .grant_ttl_max = settings->grant_ttl_max,
        .emergency_ttl = settings->emergency_ttl,
        .acknowledge_ttl = settings->acknowledge_ttl,
        .reminders = settings->reminders.list,
        .reminder_count = settings->reminders.count,
        .organizations = settings->organizations.list,
        .forbidden = forbidden.list,
        .pending_per_ticket = settings->pending_per_ticket,
        .pending_per_subscription = settings->pending_per_subscription,
        .emergencies_per_day = settings->emergencies_per_day,
        .starts_within = settings->starts_within,
        .unknown_subscriptions = settings->unknown_subscriptions,
    };
}
