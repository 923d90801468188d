/* Writes shell completion: a function of choices for bash and zsh, from the table of commands,
 * and a part for each shell. Cannot fail. */
#include "commands.h"

#include "event/payload.h"

#include <string.h>

/* ---- choices ---- */

static void put_alternatives(const char *form, struct lbx_buf *out) {
    for (; *form; form++)
        lbx_buf_char(out, *form == '|' ? ' ' : *form);
}

static void put_names(const char *const *names, const char *before, struct lbx_buf *out) {
    for (size_t i = 1; names[i]; i++)
        lbx_buf_printf(out, "%s%s%s", i > 1 ? " " : "", before, names[i]);
}

/* Appends the choices for an option's value; nothing if it is free text. */
static void put_values(size_t option, struct lbx_buf *out) {
    const char *form = ctl_options[option].value;
    if (option == CTL_STATE)
        put_names(lbx_state_names, "", out);
    else if (strchr(form, '|'))
        put_alternatives(form, out);
}

static void put_fields(enum lbx_event_type event, struct lbx_arena *arena, struct lbx_buf *out) {
    const struct lbx_event_type_info *info = lbx_event_type_info(event);
    for (size_t i = 0; i < info->data->count; i++) {
        const struct lbx_field *field = &info->data->fields[i];
        const char *before = lbx_arena_printf(arena, "%s=", field->name);
        if (strcmp(field->name, lbx_topic_key(info->topic)) == 0)
            continue;
        if (field->type == LBX_T_ENUM)
            put_names(field->names, before, out);
        else
            lbx_buf_str(out, before);
        lbx_buf_char(out, ' ');
    }
}

static void put_words_of(const struct ctl_command *command, struct lbx_arena *arena,
                         struct lbx_buf *out) {
    if (strchr(command->args, '|')) {
        put_alternatives(command->args, out);
        lbx_buf_char(out, ' ');
    }
    if (command->event)
        put_fields((enum lbx_event_type)command->event, arena, out);
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++)
        if (ctl_option_in(command->options, i))
            lbx_buf_printf(out, "%s ", ctl_options[i].name);
    lbx_buf_str(out, "--help");
}

/* Whether an earlier command begins with the same word. */
static bool is_repeated(const struct ctl_command *commands, const struct ctl_command *command) {
    size_t len = strcspn(command->name, " ");
    for (const struct ctl_command *c = commands; c != command; c++)
        if (strcspn(c->name, " ") == len && strncmp(c->name, command->name, len) == 0)
            return true;
    return false;
}

static void put_firsts(const struct ctl_command *commands, struct lbx_buf *out) {
    for (const struct ctl_command *c = commands; c->name; c++)
        if (!is_repeated(commands, c))
            lbx_buf_printf(out, "%.*s ", (int)strcspn(c->name, " "), c->name);
    lbx_buf_str(out, "--help");
}

static void put_seconds(const struct ctl_command *first, struct lbx_buf *out) {
    size_t len = strcspn(first->name, " ");
    for (const struct ctl_command *c = first; c->name; c++)
        if (strncmp(c->name, first->name, len + 1) == 0)
            lbx_buf_printf(out, "%s ", c->name + len + 1);
    lbx_buf_str(out, "--help");
}

/* ---- a function that both shells read: choices for the words so far and the word before ---- */

static void put_option_cases(struct lbx_buf *out) {
    lbx_buf_str(out, "    case \"$2\" in\n");
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++) {
        if (!ctl_options[i].value)
            continue;
        lbx_buf_printf(out, "    %s) choices='", ctl_options[i].name);
        put_values(i, out);
        lbx_buf_str(out, "'; return ;;\n");
    }
    lbx_buf_str(out, "    esac\n");
}

static void put_command_cases(struct ctl *ctl, struct lbx_buf *out) {
    lbx_buf_str(out, "    case \"$1 \" in\n");
    for (const struct ctl_command *c = ctl->commands; c->name; c++) {
        lbx_buf_printf(out, "    '%s '*) choices='", c->name);
        put_words_of(c, &ctl->arena, out);
        lbx_buf_str(out, "' ;;\n");
    }
    for (const struct ctl_command *c = ctl->commands; c->name; c++) {
        if (!strchr(c->name, ' ') || is_repeated(ctl->commands, c))
            continue;
        lbx_buf_printf(out, "    '%.*s ') choices='", (int)strcspn(c->name, " "), c->name);
        put_seconds(c, out);
        lbx_buf_str(out, "' ;;\n");
    }
    lbx_buf_str(out, "    ' ') choices='");
    put_firsts(ctl->commands, out);
    lbx_buf_str(out, "' ;;\n    esac\n");
}

static void put_choices(struct ctl *ctl, struct lbx_buf *out) {
    lbx_buf_str(out, "_lockboxctl_choices() {\n    choices=\n");
    put_option_cases(out);
    put_command_cases(ctl, out);
    lbx_buf_str(out, "}\n\n");
}

/* ---- each shell's own part ---- */

static const char bash_part[] =
    "_lockboxctl() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} choices so_far= i\n"
    "    local current=${line##*[[:space:]]}\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        [[ ${COMP_WORDS[i]} == -* ]] && break\n"
    "        so_far+=${so_far:+ }${COMP_WORDS[i]}\n"
    "    done\n"
    "    _lockboxctl_choices \"$so_far\" \"${COMP_WORDS[COMP_CWORD - 1]}\"\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n"
    "    if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${current%\"${current##*=}\"}\"}\")\n"
    "    fi\n"
    "    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
    "        compopt -o nospace 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "complete -o default -F _lockboxctl lockboxctl\n";

static const char zsh_part[] = "_lockboxctl() {\n"
                               "    local choices so_far= i\n"
                               "    for ((i = 2; i < CURRENT; i++)); do\n"
                               "        [[ ${words[i]} == -* ]] && break\n"
                               "        so_far+=${so_far:+ }${words[i]}\n"
                               "    done\n"
                               "    _lockboxctl_choices \"$so_far\" \"${words[CURRENT-1]}\"\n"
                               "    if [[ -z $choices ]]; then\n"
                               "        _files\n"
                               "        return\n"
                               "    fi\n"
                               "    local -a all=(${=choices})\n"
                               "    compadd -S '' -- ${(M)all:#*=}\n"
                               "    compadd -- ${all:#*=}\n"
                               "}\n"
                               "if [[ ${funcstack[1]} == _lockboxctl ]]; then\n"
                               "    _lockboxctl \"$@\"\n"
                               "else\n"
                               "    compdef _lockboxctl lockboxctl\n"
                               "fi\n";

enum ctl_exit ctl_completion(struct ctl *ctl) {
    static const struct {
        const char *name, *head, *part;
    } shells[] = {{"bash", "", bash_part}, {"zsh", "#compdef lockboxctl\n", zsh_part}};
    struct lbx_buf out LBX_BUF = {0};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(ctl->args[0], shells[i].name) != 0)
            continue;
        lbx_buf_str(&out, shells[i].head);
        put_choices(ctl, &out);
        lbx_buf_str(&out, shells[i].part);
        ctl_put(&out);
        return CTL_DONE;
    }
    return ctl_fail(CTL_USAGE, "completion takes bash or zsh, not %s", ctl->args[0]);
}
