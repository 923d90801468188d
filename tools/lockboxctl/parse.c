/* Parses the command line by the tables. Fails on an unknown word with a usage error (exit code
 * 2) that has the word and the command's --help. */
#include "parse.h"

#include "base/utf8.h"
#include "usage.h"

#include <string.h>

/* The command whose words are first in argv, and their number. */
static const struct ctl_command *find(const struct ctl_command *commands, int argc, char **argv,
                                      int *ret_words) {
    for (const struct ctl_command *c = commands; c->name; c++) {
        const char *rest = c->name;
        for (int i = 1; i < argc; i++) {
            size_t len = strlen(argv[i]);
            if (strncmp(rest, argv[i], len) != 0 || (rest[len] && rest[len] != ' '))
                break;
            if (!rest[len]) {
                *ret_words = i;
                return c;
            }
            rest += len + 1;
        }
    }
    return NULL;
}

static bool is_group(const struct ctl_command *commands, const char *word) {
    size_t len = strlen(word);
    for (const struct ctl_command *c = commands; c->name; c++)
        if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
            return true;
    return false;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static enum ctl_exit wrong(const struct ctl_command *command, const char *what, const char *word) {
    return ctl_fail(CTL_USAGE, "%s%s; see lockboxctl %s --help", what, word, command->name);
}

/* The option that a word names; -1: none. *ret_value: the text behind "=". */
static int option_of(const char *word, const char **ret_value) {
    size_t len = strcspn(word, "=");
    *ret_value = word[len] ? word + len + 1 : NULL;
    for (int i = 0; i < CTL_OPTION_COUNT; i++)
        if (strlen(ctl_options[i].name) == len && strncmp(ctl_options[i].name, word, len) == 0)
            return i;
    return -1;
}

static bool take_option(struct ctl *ctl, char **argv, int *at, enum ctl_exit *ret_exit) {
    const char *value;
    int option = option_of(argv[*at], &value);
    if (option < 0 || !ctl_option_in(ctl->command->options, (size_t)option)) {
        *ret_exit = wrong(ctl->command, "unknown option: ", argv[*at]);
        return false;
    }
    if (!ctl_options[option].value)
        value = value ? NULL : "";
    else if (!value && argv[*at + 1])
        value = argv[++*at];
    if (!value) {
        bool is_switch = !ctl_options[option].value;
        *ret_exit = ctl_fail(CTL_USAGE, "%s takes %s", ctl_options[option].name,
                             is_switch ? "no value" : ctl_options[option].value);
        return false;
    }
    if (ctl->options[option]) {
        *ret_exit = wrong(ctl->command, "given twice: ", ctl_options[option].name);
        return false;
    }
    ctl->options[option] = value;
    return true;
}

static size_t count_words(const char *text) {
    size_t count = *text != '\0';
    for (; *text; text++)
        count += *text == ' ';
    return count;
}

/* The number of optional arguments, in brackets; they are last. */
static size_t count_optional(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += *text == '[';
    return count;
}

/* The number of required arguments. ID… counts as one, [FIELD=VALUE…] as none; both also take
 * all further words. */
static size_t count_fixed(const char *args) {
    return count_words(args) - (strstr(args, "…]") != NULL);
}

static size_t count_needed(const char *args) {
    return count_words(args) - count_optional(args);
}

static bool take_word(struct ctl *ctl, size_t at, const char *word) {
    const char *args = ctl->command->args;
    size_t fixed = count_fixed(args);
    if (at < fixed)
        ctl->args[at] = word;
    else if (strstr(args, "…") && at - fixed < CTL_REST_MAX)
        ctl->rest[at - fixed] = word;
    else
        return false;
    return true;
}

static bool take_words(struct ctl *ctl, int first, char **argv, enum ctl_exit *ret_exit) {
    size_t count = 0;
    bool only_words = false;
    for (int i = first; argv[i]; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
            if (!take_option(ctl, argv, &i, ret_exit))
                return false;
        } else if (!take_word(ctl, count++, argv[i])) {
            *ret_exit = wrong(ctl->command, "one argument too many: ", argv[i]);
            return false;
        }
    }
    if (count < count_needed(ctl->command->args)) {
        *ret_exit = wrong(ctl->command, "missing: ", ctl->command->args);
        return false;
    }
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++)
        if (ctl_option_in(ctl->command->required, i) && !ctl->options[i]) {
            *ret_exit = wrong(ctl->command, "missing: ", ctl_options[i].name);
            return false;
        }
    return true;
}

/* Whether a value of this form is a file's name, which may have any bytes. */
static bool names_file(const char *form) {
    return strstr(form, "PATH") || strstr(form, "FILE") || strstr(form, "DIR") ||
           strcmp(form, "KEY") == 0;
}

static bool is_text(const struct ctl *ctl, const char *name, const char *form, const char *value,
                    enum ctl_exit *ret_exit) {
    if (!value || names_file(form) || lbx_utf8_valid(value, strlen(value)))
        return true;
    *ret_exit = wrong(ctl->command, "not UTF-8: ", name);
    return false;
}

/* Texts go to databases and into events, which are UTF-8. FIELD=VALUE is checked by the event's table. */
static bool are_texts(const struct ctl *ctl, enum ctl_exit *ret_exit) {
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++) {
        const struct ctl_option_info *option = &ctl_options[i];
        if (option->value && !is_text(ctl, option->name, option->value, ctl->options[i], ret_exit))
            return false;
    }
    for (size_t i = 0; i < CTL_ARGS_MAX; i++)
        if (!is_text(ctl, ctl->command->args, ctl->command->args, ctl->args[i], ret_exit))
            return false;
    return true;
}

static bool take_format(struct ctl *ctl, enum ctl_exit *ret_exit) {
    const char *name = ctl->options[CTL_OUTPUT] ? ctl->options[CTL_OUTPUT] : "table";
    for (size_t i = 0; i < CTL_FORMAT_COUNT; i++)
        if (strcmp(name, ctl_format_names[i]) == 0) {
            ctl->format = (enum ctl_format)i;
            return true;
        }
    *ret_exit = ctl_fail(CTL_USAGE, "-o takes table, json or csv, not %s", name);
    return false;
}

bool ctl_parse(struct ctl *ctl, const struct ctl_command *commands, int argc, char **argv,
               enum ctl_exit *ret_exit) {
    *ret_exit = CTL_DONE;
    ctl->commands = commands;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        argv[1] = "version";
    bool help = argc > 1 && is_help(argv[1]);
    if (help) { /* "help db status" means "db status --help" */
        argv++;
        argc--;
    }
    if (argc < 2) {
        ctl_help_all(help ? stdout : stderr, commands, "");
        *ret_exit = help ? CTL_DONE : CTL_USAGE;
        return false;
    }
    int words = 0;
    ctl->command = find(commands, argc, argv, &words);
    if (!ctl->command) {
        bool group = is_group(commands, argv[1]);
        help = help || (group && argc > 2 && is_help(argv[2]));
        if (help || (group && argc == 2))
            ctl_help_all(help ? stdout : stderr, commands, group ? argv[1] : "");
        *ret_exit = help ? CTL_DONE
                    : group && argc == 2
                        ? CTL_USAGE
                        : ctl_fail(CTL_USAGE, "no such command: %s%s%s; see lockboxctl --help",
                                   argv[1], group ? " " : "", group ? argv[2] : "");
        return false;
    }
    for (int i = words + 1; i < argc; i++)
        help = help || (argv[i][0] == '-' && is_help(argv[i]));
    if (help) {
        ctl_help_one(ctl->command);
        return false;
    }
    return take_words(ctl, words + 1, argv, ret_exit) && are_texts(ctl, ret_exit) &&
           take_format(ctl, ret_exit);
}
