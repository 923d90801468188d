/* A command of lockboxctl, and one run of it. Each group of commands (a folder) has a table of
 * its commands. */
#ifndef LOCKBOXCTL_COMMAND_H
#define LOCKBOXCTL_COMMAND_H

#include "base/arena.h"
#include "event/record.h"
#include "fail.h"
#include "io/settings.h"
#include "options.h"
#include "output.h"

enum { CTL_ARGS_MAX = 4, CTL_REST_MAX = 128 };

/* One run. Texts are borrowed from argv; the arena lives as long as the run. */
struct ctl {
    const struct ctl_command *command;
    const struct ctl_command *commands; /* all commands, ended by one without a name */
    struct lbx_settings settings;
    struct lbx_arena arena;
    const char *args[CTL_ARGS_MAX];
    const char *rest[CTL_REST_MAX + 1];    /* arguments of ID… or [FIELD=VALUE…] */
    const char *options[CTL_OPTION_COUNT]; /* NULL: absent; "": a switch that is given */
    enum ctl_format format;
    size_t found; /* number of findings of a check */
};

struct ctl_command {
    const char *name; /* "request show" */
    /* "ID", "TOPIC PARTITION"; "": none; [PATH] is optional, "ID…" is one or more */
    const char *args;
    uint64_t options;    /* allowed options, CTL_OPT(…) */
    uint64_t required;   /* required options */
    const char *summary; /* one line */
    const char *more;    /* further lines of --help, NULL: none */
    const char *example;
    enum ctl_exit (*run)(struct ctl *ctl);
    bool reads_settings_itself; /* reads settings itself, for better errors */
    int event; /* enum lbx_event_type that it publishes, of [FIELD=VALUE…]; 0: none */
};

/* A topic's name on the broker, in the run's arena. */
static inline const char *ctl_topic(struct ctl *ctl, enum lbx_topic topic) {
    return lbx_arena_printf(&ctl->arena, "%s%s", ctl->settings.topic_prefix, lbx_topic_name(topic));
}

#endif
