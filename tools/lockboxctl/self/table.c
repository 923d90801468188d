/* The group's commands, one row each. parse.c reads the command line by these rows, usage.c, man.c
 * and completion.c print them.
 */
#include "commands.h"

const struct ctl_command ctl_self_commands[] = {
    {"config", "", CTL_OPT(OUTPUT), 0, "Print every setting, with its value or default",
     "Secrets are shown as ***. NAME_FILE instead of NAME reads a value from a file. Exit code 2 where\n"
     "a setting is wrong.",
     "lockboxctl config -o csv", ctl_config, .reads_settings_itself = true},
    {"completion", "bash|zsh", 0, 0, "Print what makes a shell complete these commands",
     "For bash: source it, or put it into /etc/bash_completion.d. For zsh: source it after compinit, or\n"
     "put it as _lockboxctl into a folder of fpath.",
     "lockboxctl completion bash > /etc/bash_completion.d/lockboxctl", ctl_completion,
     .reads_settings_itself = true},
    {"man", "", 0, 0, "Print the manual page", NULL,
     "lockboxctl man > /usr/local/share/man/man1/lockboxctl.1", ctl_man,
     .reads_settings_itself = true},
    {"version", "", CTL_OPT(OUTPUT), 0, "Print version, commit and build of this program",
     "lockboxctl --version and each worker's --version say the same; lockbox_build_info shows what runs.",
     "lockboxctl version -o json", ctl_version, .reads_settings_itself = true},
    {NULL},
};
