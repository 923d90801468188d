/* Failures of commands, as lines for people. */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("lockboxctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}
