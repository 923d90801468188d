/* The end of a command: its exit code, and the error on standard error. */
#ifndef LOCKBOXCTL_FAIL_H
#define LOCKBOXCTL_FAIL_H

/* Exit codes of all commands. */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_NO = 1,          /* not found, a check failed, or refused */
    CTL_USAGE = 2,       /* wrong option, argument or setting */
    CTL_UNREACHABLE = 3, /* a dependency is down */
};

/* Prints "lockboxctl: …" on standard error, and returns code. */
enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints why Kafka did not do something: no permission (CTL_NO), or no answer (CTL_UNREACHABLE).
 * what: such as "take the record". */
enum ctl_exit ctl_kafka_failed(const char *brokers, const char *what);

#endif
