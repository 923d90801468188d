/* Errors of commands, as lines for people. Promises that quoted text from outside, such as file
 * names in an export, has no characters that control a terminal, are invisible, or reorder text. */
#include "fail.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/denied.h"
#include "mail/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_lines(const char *text, struct lbx_buf *out) {
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        lbx_text_harmless_n(text, (size_t)(end - text), out);
        lbx_buf_char(out, '\n');
    }
    lbx_text_harmless(text, out);
}

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    char *text LBX_FREE = NULL;
    struct lbx_buf said LBX_BUF = {0};
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        abort();
    put_lines(text, &said);
    fprintf(stderr, "lockboxctl: %s\n", said.data ? said.data : "");
    return code;
}

enum ctl_exit ctl_kafka_failed(const char *brokers, const char *what) {
    const char *denied = lbx_kafka_denied();
    if (denied)
        return ctl_fail(
            CTL_NO,
            "Kafka at %s does not %s: the principal may not (%s). lockboxctl's manual page says what "
            "each command needs, deploy/kafka/acls.sh grants it",
            brokers, what, denied);
    return ctl_fail(CTL_UNREACHABLE,
                    "Kafka at %s does not %s: check LOCKBOX_KAFKA_BOOTSTRAP_SERVERS", brokers,
                    what);
}
