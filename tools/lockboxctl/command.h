/* A command of lockboxctl, and one run of it. Each group of commands (a folder) has a table of its
 * rows. */
#ifndef LOCKBOXCTL_COMMAND_H
#define LOCKBOXCTL_COMMAND_H

#include "base/arena.h"
#include "event/record.h"
#include "fail.h"
#include "io/settings.h"
#include "options.h"
#include "output.h"

enum { CTL_ARGS_MAX = 4, CTL_REST_MAX = 128 };

/* One run. Text is borrowed from argv, whatever is in the arena lives as long as the run. */
struct ctl {
    const struct ctl_command *command;
    const struct ctl_command *commands; /* all of them, ended by one without a name */
    struct lbx_settings settings;
    struct lbx_arena arena;
    const char *args[CTL_ARGS_MAX];
    const char *rest[CTL_REST_MAX + 1]; /* the arguments that ID… or [FIELD=VALUE…] stands for */
    const char *options[CTL_OPTION_COUNT]; /* NULL: not given; a switch that is given: "" */
    enum ctl_format format;
    size_t found; /* by a check: what is wrong */
};

struct ctl_command {
    const char *name; /* "request show" */
    /* "ID", "TOPIC PARTITION"; "" for none; [PATH] may be left out, "ID…" is one or more */
    const char *args;
    uint64_t options;    /* CTL_OPT(…) it takes */
    uint64_t required;   /* those that must be given */
    const char *summary; /* one line */
    const char *more;    /* further lines for --help, NULL: none */
    const char *example;
    enum ctl_exit (*run)(struct ctl *ctl);
    bool reads_settings_itself; /* and can say more of a bad one */
    int event; /* enum lbx_event_type that it publishes, from [FIELD=VALUE…]; 0: none */
};

/* A topic's name on the broker, in the run's arena. */
static inline const char *ctl_topic(struct ctl *ctl, enum lbx_topic topic) {
    return lbx_arena_printf(&ctl->arena, "%s%s", ctl->settings.topic_prefix, lbx_topic_name(topic));
}

#endif
