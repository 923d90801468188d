/* Prints help from the tables: the list of commands, and one command's usage. Cannot fail. */
#include "usage.h"

#include "event/payload.h"
#include "field_form.h"

#include <stdio.h>
#include <string.h>

void ctl_help_all(FILE *out, const struct ctl_command *commands, const char *group) {
    size_t len = strlen(group);
    fprintf(out, "Usage: lockboxctl %s%sCOMMAND [OPTION…]\n\n", group, len ? " " : "");
    for (const struct ctl_command *c = commands; c->name; c++)
        if (strncmp(c->name, group, len) == 0)
            fprintf(out, "  %-27s %s\n", c->name, c->summary);
    fprintf(
        out,
        "\nlockboxctl COMMAND --help says more, with an example. Settings come from the environment\n"
        "(lockboxctl config prints them). Exit codes: 0 done, 1 no (not found, a check failed),\n"
        "2 wrong usage or settings, 3 a dependency is unreachable.\n");
}

static void help_fields(enum lbx_event_type event) {
    const struct lbx_event_type_info *info = lbx_event_type_info(event);
    printf("\nFields of %s:\n", info->name);
    for (size_t i = 0; i < info->data->count; i++) {
        struct lbx_buf form LBX_BUF = {0};
        const struct lbx_field *field = &info->data->fields[i];
        if (strcmp(field->name, lbx_topic_key(info->topic)) == 0)
            continue;
        ctl_field_form(field, &form);
        printf("  %s=%s%s\n", field->name, form.data, field->required ? "" : "  (optional)");
    }
}

void ctl_help_one(const struct ctl_command *command) {
    printf("%s.\n\nUsage: lockboxctl %s", command->summary, command->name);
    printf("%s%s", *command->args ? " " : "", command->args);
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++)
        if (ctl_option_in(command->required, i))
            printf(" %s%s%s", ctl_options[i].name, ctl_options[i].value ? " " : "",
                   ctl_options[i].value ? ctl_options[i].value : "");
    printf("%s\n", command->options & ~command->required ? " [OPTION…]" : "");
    if (command->options)
        printf("\n");
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++)
        if (ctl_option_in(command->options, i)) {
            int room = 26 - (int)strlen(ctl_options[i].name);
            printf("  %s %-*s %s\n", ctl_options[i].name, room,
                   ctl_options[i].value ? ctl_options[i].value : "", ctl_options[i].what);
        }
    if (command->event)
        help_fields((enum lbx_event_type)command->event);
    if (command->more)
        printf("\n%s\n", command->more);
    printf("\nExample:\n  %s\n", command->example);
}
