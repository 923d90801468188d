/* Failures of commands, as lines for people. What they quote may come from outside, such as the file names of an export:
 * no control character reaches the terminal.
 */
#include "fail.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/denied.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* C0 but the end of a line, DEL, and C1 (U+0080 to U+009F, which UTF-8 writes behind 0xC2). */
static void disarm(unsigned char *text) {
    for (unsigned char before = 0; *text; before = *text++) {
        const bool is_c1 = before == 0xC2 && *text >= 0x80 && *text <= 0x9F;
        if (is_c1)
            text[-1] = '?';
        if (is_c1 || (*text < ' ' && *text != '\n') || *text == 0x7F)
            *text = '?';
    }
}

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    char *text LBX_FREE = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        abort();
    disarm((unsigned char *)text);
    fprintf(stderr, "lockboxctl: %s\n", text);
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
