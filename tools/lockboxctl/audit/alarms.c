/* Prints an alarm as a line of JSON, and posts it to the webhook as a CloudEvent. Promises to
 * print before posting, and the same id whenever the alarm is sent. Fails where it cannot be
 * printed, or the webhook does not accept it: the caller keeps no checkpoint then, so that the next run sends it again. */
#include "alarms.h"

#include "base/clock.h"
#include "base/time.h"
#include "io/fetch.h"
#include "tlog/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024, TIMEOUT_S = 10 };

static void put_text(struct lbx_buf *out, const char *name, const char *value) {
    if (!value)
        return;
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, value, strlen(value));
}

static void put_alarm(const struct alarm *alarm, struct lbx_buf *out) {
    lbx_buf_printf(out, "{\"alarm\":\"%s\"", alarm->kind);
    put_text(out, "why", alarm->why);
    put_text(out, "at", alarm->at);
    put_text(out, "tenant_id", alarm->tenant_id);
    put_text(out, "request_id", alarm->request_id);
    put_text(out, "event_id", alarm->event_id);
    put_text(out, "topic", alarm->topic);
    if (alarm->partition >= 0)
        lbx_buf_printf(out, ",\"partition\":%d", alarm->partition);
    if (alarm->offset >= 0)
        lbx_buf_printf(out, ",\"offset\":%" PRId64, alarm->offset);
    put_text(out, "detail", alarm->detail);
    lbx_buf_char(out, '}');
}

static void put_event(const struct lbx_buf *data, struct lbx_buf *out) {
    struct lbx_hash id;
    char now[LBX_TIME_SIZE];
    lbx_leaf_hash(data->data, data->len, &id);
    lbx_time_format(lbx_realtime_us(), now);
    lbx_buf_str(out, "{\"specversion\":\"1.0\",\"id\":\"");
    for (size_t i = 0; i < 16; i++)
        lbx_buf_printf(out, "%02x", id.bytes[i]);
    lbx_buf_printf(out,
                   "\",\"source\":\"/lockbox/monitor\",\"type\":\"lockbox.monitor.alarm.v1\","
                   "\"time\":\"%s\",\"datacontenttype\":\"application/json\",\"data\":",
                   now);
    lbx_buf_add(out, data->data, data->len);
    lbx_buf_char(out, '}');
}

static enum ctl_exit post(const struct ctl *ctl, const struct lbx_buf *data) {
    const char *url = ctl->options[CTL_WEBHOOK], *why = "";
    struct lbx_buf body LBX_BUF = {0};
    struct lbx_answer answer = {0};
    put_event(data, &body);
    enum lbx_err err = lbx_fetch_post(url, "application/cloudevents+json", NULL, &body, ANSWER_MAX,
                                      TIMEOUT_S, &answer, &why);
    lbx_buf_done(&answer.body);
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "--webhook takes an http or https URL");
    if (err != LBX_OK)
        return ctl_fail(CTL_UNREACHABLE, "the webhook did not take an alarm: %s", why);
    if (answer.status < 200 || answer.status > 299)
        return ctl_fail(CTL_UNREACHABLE, "the webhook did not take an alarm: HTTP %ld",
                        answer.status);
    return CTL_DONE;
}

enum ctl_exit alarm_check_webhook(const struct ctl *ctl) {
    const char *url = ctl->options[CTL_WEBHOOK];
    return !url || ctl->settings.allow_plaintext || lbx_fetch_is_private(url)
               ? CTL_DONE
               : ctl_fail(CTL_USAGE,
                          "--webhook takes an https URL, or http to this machine or with "
                          "LOCKBOX_ALLOW_PLAINTEXT=yes");
}

/* stdio drops what it cannot write; a later alarm finds room again. */
static enum ctl_exit print(const struct lbx_buf *data) {
    clearerr(stdout);
    printf("%s\n", data->data);
    return fflush(stdout) == 0 && !ferror(stdout)
               ? CTL_DONE
               : ctl_fail(CTL_NO, "an alarm could not be printed: the next run repeats it");
}

enum ctl_exit alarm_tell(struct ctl *ctl, const struct alarm *alarm) {
    struct lbx_buf data LBX_BUF = {0};
    put_alarm(alarm, &data);
    ctl->found++;
    enum ctl_exit printed = print(&data);
    enum ctl_exit posted = ctl->options[CTL_WEBHOOK] ? post(ctl, &data) : CTL_DONE;
    return posted > printed ? posted : printed;
}
