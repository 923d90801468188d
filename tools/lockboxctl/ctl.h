/* lockboxctl: what its commands share. A command is one row of the table in main.c. */
#ifndef LOCKBOXCTL_CTL_H
#define LOCKBOXCTL_CTL_H

#include "base/arena.h"
#include "event/record.h"
#include "io/pg.h"
#include "io/settings.h"
#include "output.h"

/* Exit codes, the same for every command. */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_NO = 1,          /* not found, a check failed, refused */
    CTL_USAGE = 2,       /* an option, an argument or a setting is wrong */
    CTL_UNREACHABLE = 3, /* a dependency */
};

/* X(id, option, value or NULL for a switch, what it does) */
/* clang-format off */
#define CTL_OPTIONS(X)                                                                             \
    X(OUTPUT, "-o", "table|json|csv", "how rows are printed (table)")                              \
    X(DRY_RUN, "--dry-run", NULL, "say what would be done, and do nothing")                        \
    X(ONLY, "--only", "lockbox|audit", "one of the two databases (both)")                          \
    X(PARTITIONS, "--partitions", "N", "partitions of a topic; checkpoints.v1 always has 1 (8)")   \
    X(REPLICATION, "--replication", "N", "replicas of each partition (the broker's default)")      \
    X(STATE, "--state", "STATE", "of requests in this state, such as customer_notified")           \
    X(TICKET, "--ticket", "ID", "only requests of this ticket")                                    \
    X(REQUEST, "--request", "ID", "only what is about this request")                                 \
    X(LIMIT, "--limit", "N", "the newest N (50)")                                                  \
    X(BY, "--by", "ID,EMAIL[,NAME]", "who does it: id in the directory, address, name")            \
    X(COMMENT, "--comment", "TEXT", "recorded and published with the decision")                    \
    X(ITEMS, "--items", "N,N", "approve only the items of these numbers (all)")                    \
    X(DURATION, "--duration", "DURATION", "a shorter grant than asked for, such as PT2H")          \
    X(WAIT, "--wait", NULL, "wait for the verdict in the audit store, up to 30 s")                 \
    X(KAFKA, "--kafka", NULL, "compare with Kafka, record by record")                              \
    X(DETACHED, "--detached", NULL, "records may be missing where the log has their hashes")       \
    X(LEAVES, "--leaves", NULL, "not the columns gleaned from records: several times as fast")     \
    X(TOPIC, "--topic", "TOPIC", "only this topic, as it is named on the broker")                  \
    X(PARTITION, "--partition", "N", "only this partition of it")                                  \
    X(OFFSETS, "--offsets", "FIRST..LAST", "only these offsets of it")                             \
    X(OUT, "--out", "PATH", "the folder, or .tar archive, to write")                               \
    X(TENANT, "--tenant", "ID", "every record of this tenant")                                     \
    X(FROM, "--from", "TIME", "records that Kafka took at this time or later (RFC 3339)")          \
    X(TO, "--to", "TIME", "and before this")                                                    \
    X(HTML, "--html", NULL, "as one HTML page, which loads nothing")                              \
    X(READER, "--reader", "approver|alternate|engineer", "whom the mail addresses (approver)") \
    X(CHECK, "--check", NULL, "only compare, and change nothing")                                  \
    X(SIGN_WITH, "--sign-with", "KEY", "the approver's private key (PEM, Ed25519), to sign with")  \
    X(REASON, "--reason", "TEXT", "recorded and published with it")                                \
    X(OPEN, "--open", NULL, "only records that nobody replayed or discarded")                      \
    X(WATCH, "--watch", NULL, "print it again whenever it changes, until interrupted")
/* clang-format on */

enum ctl_option {
#define CTL_OPTION_ENUM(id, name, value, what) CTL_##id,
    CTL_OPTIONS(CTL_OPTION_ENUM)
#undef CTL_OPTION_ENUM
        CTL_OPTION_COUNT
};
#define CTL_OPT(id) (UINT64_C(1) << CTL_##id)
_Static_assert(CTL_OPTION_COUNT <= 64, "a set of options is one word");

enum { CTL_ARGS_MAX = 4, CTL_REST_MAX = 128 };

/* One run. Text is borrowed from argv, whatever is in the arena lives as long as the run. */
struct ctl {
    const struct ctl_command *command;
    struct lbx_settings settings;
    struct lbx_arena arena;
    const struct ctl_command *commands; /* all of them */
    const char *args[CTL_ARGS_MAX];
    const char *rest[CTL_REST_MAX + 1];    /* what … of args takes */
    const char *options[CTL_OPTION_COUNT]; /* NULL: not given; a switch that is given: "" */
    enum ctl_format format;
};

struct ctl_command {
    const char *name; /* "request show" */
    const char *
        args; /* "ID", "TOPIC PARTITION"; "" for none; [PATH] may be left out, "ID…" is one or more */
    uint64_t options;    /* CTL_OPT(…) it takes */
    uint64_t required;   /* those that must be given */
    const char *summary; /* one line */
    const char *more;    /* further lines for --help, NULL: none */
    const char *example;
    enum ctl_exit (*run)(struct ctl *ctl);
    bool reads_settings_itself; /* and can say more of a bad one */
    int event; /* enum lbx_event_type: what it publishes, by the fields that [FIELD=VALUE…] gives */
};

/* An option's name, its value's form (NULL: a switch) and what it does. */
struct ctl_option_info {
    const char *name, *value, *what;
};
extern const struct ctl_option_info ctl_options[CTL_OPTION_COUNT];

static inline bool ctl_option_in(uint64_t set, size_t option) {
    return set & (UINT64_C(1) << option);
}

/* Fills ctl from the command line. Where there is help to print or something is wrong it does so and
 * returns false with the exit code. */
bool ctl_parse(struct ctl *ctl, const struct ctl_command *commands, int argc, char **argv,
               enum ctl_exit *ret_exit);

/* Prints "lockboxctl: …" on standard error and returns code. */
enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An option's whole number from least to most; fallback where the option was not given. False, with the words printed,
 * where it is none. */
bool ctl_whole_number(const struct ctl *ctl, enum ctl_option option, int64_t least, int64_t most,
                      int64_t fallback, int64_t *ret_number);
static inline bool ctl_number(const struct ctl *ctl, enum ctl_option option, int64_t most,
                              int64_t fallback, int64_t *ret_number) {
    return ctl_whole_number(ctl, option, 1, most, fallback, ret_number);
}

/* Whether the first argument is a request's id; says so where not. */
bool ctl_request_id_is_valid(const char *id);

/* A topic's name on the broker. */
const char *ctl_topic(struct ctl *ctl, enum lbx_topic topic);

/* ---- databases ---- */

struct ctl_database {
    const char *name;    /* as people and --only say */
    const char *setting; /* that holds its URL */
    const char *(*url)(const struct lbx_settings *settings);
    const char *schema;
};

extern const struct ctl_database ctl_lockbox, ctl_audit;

/* Connects and prepares; says why not. */
enum ctl_exit ctl_connect(const struct ctl *ctl, const struct ctl_database *database,
                          const struct lbx_sql *const *statements, struct lbx_pg **ret_pg);

/* The exit code of a statement that failed, after saying so; the library has said why. */
enum ctl_exit ctl_statement_failed(const struct ctl_database *database, enum lbx_err err);

/* One statement's round trip on a connection of its own, for commands that ask one question. */
enum ctl_exit ctl_ask(const struct ctl *ctl, const struct ctl_database *database,
                      const struct lbx_sql *question, int param_count, const char *const *params,
                      struct lbx_pg **ret_pg);
#define CTL_ASK(ctl, database, question, ret_pg, ...)                                              \
    ctl_ask((ctl), (database), (question),                                                         \
            (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                   \
            (const char *[]){__VA_ARGS__}, (ret_pg))

/* The answer to ctl_ask as rows, column by column, printed. Says so where
 * there are as many as the limit allows. */
void ctl_print_answer(const struct ctl *ctl, const struct lbx_pg *pg,
                      const struct ctl_column *columns, size_t column_count, int64_t limit);
#define CTL_PRINT_ANSWER(ctl, pg, columns, limit)                                                  \
    ctl_print_answer((ctl), (pg), (columns), sizeof(columns) / sizeof *(columns), (limit))

LBX_DEFINE_CLEANUP(struct lbx_pg *, pg, lbx_pg_close)
#define CTL_PG LBX_CLEANUP(lbx_cleanup_pg)

/* ---- commands ---- */

enum ctl_exit ctl_db_migrate(struct ctl *ctl);
enum ctl_exit ctl_db_status(struct ctl *ctl);
enum ctl_exit ctl_topics_create(struct ctl *ctl);
enum ctl_exit ctl_topics_check(struct ctl *ctl);
enum ctl_exit ctl_config(struct ctl *ctl);
enum ctl_exit ctl_request_list(struct ctl *ctl);
enum ctl_exit ctl_request_show(struct ctl *ctl);
enum ctl_exit ctl_request_timeline(struct ctl *ctl);
enum ctl_exit ctl_approve(struct ctl *ctl);
enum ctl_exit ctl_deny(struct ctl *ctl);
enum ctl_exit ctl_revoke(struct ctl *ctl);
enum ctl_exit ctl_quarantine_list(struct ctl *ctl);
enum ctl_exit ctl_quarantine_show(struct ctl *ctl);
enum ctl_exit ctl_quarantine_replay(struct ctl *ctl);
enum ctl_exit ctl_quarantine_discard(struct ctl *ctl);
enum ctl_exit ctl_notification_list(struct ctl *ctl);
enum ctl_exit ctl_notification_retry(struct ctl *ctl);
enum ctl_exit ctl_audit_verify(struct ctl *ctl);
enum ctl_exit ctl_audit_export(struct ctl *ctl);
enum ctl_exit ctl_audit_proof(struct ctl *ctl);
enum ctl_exit ctl_audit_report(struct ctl *ctl);
enum ctl_exit ctl_audit_witness(struct ctl *ctl);
enum ctl_exit ctl_audit_vkey(struct ctl *ctl);
enum ctl_exit ctl_keygen(struct ctl *ctl);
enum ctl_exit ctl_notification_preview(struct ctl *ctl);
enum ctl_exit ctl_templates_check(struct ctl *ctl);
enum ctl_exit ctl_audit_rebuild(struct ctl *ctl);
enum ctl_exit ctl_acknowledge(struct ctl *ctl);
enum ctl_exit ctl_publish_event(struct ctl *ctl);
enum ctl_exit ctl_completion(struct ctl *ctl);
enum ctl_exit ctl_man(struct ctl *ctl);

#endif
