/* Writes a check's result as a file in Prometheus's text format, for alerts on findings and on missing
 * checks. Promises that readers see the old or the new file. Fails with exit code 1, and the old file stays. */
#include "check_metrics.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void put(struct lbx_buf *out, const char *check, const char *name, const char *help,
                long long value) {
    lbx_buf_printf(out,
                   "# HELP lockbox_check_%s %s\n# TYPE lockbox_check_%s gauge\n"
                   "lockbox_check_%s{check=\"%s\"} %lld\n",
                   name, help, name, name, check, value);
}

enum ctl_exit check_metrics_write(const struct ctl *ctl, enum ctl_exit code) {
    const char *path = ctl->options[CTL_METRICS], *check = ctl->command->name;
    struct lbx_buf text LBX_BUF = {0};
    if (!path)
        return code;
    put(&text, check, "exit_code",
        "How a check ended: 0 all is right, 1 not, 2 settings, 3 no server", code);
    put(&text, check, "findings", "What a check found wrong", (long long)ctl->found);
    put(&text, check, "timestamp_seconds", "When a check ended, in seconds since 1970",
        (long long)(lbx_realtime_us() / LBX_SECOND_US));
    if (lbx_file_replace(path, &text))
        return code;
    ctl_fail(CTL_NO, "%s cannot be written: %s", path, strerror(errno));
    return code == CTL_DONE ? CTL_NO : code;
}
