/* How a command ends: its exit code, and the line on standard error that says why. */
#ifndef LOCKBOXCTL_FAIL_H
#define LOCKBOXCTL_FAIL_H

/* Exit codes, the same for every command. */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_NO = 1,          /* not found, a check failed, refused */
    CTL_USAGE = 2,       /* an option, an argument or a setting is wrong */
    CTL_UNREACHABLE = 3, /* a dependency */
};

/* Prints "lockboxctl: …" on standard error and returns code. */
enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says why Kafka did not do what: that it forbids the principal to, where it said so (CTL_NO); else that it does not
 * answer (CTL_UNREACHABLE). what: such as "take the record". */
enum ctl_exit ctl_kafka_failed(const char *brokers, const char *what);

#endif
