/* Writes the manual page in man(7), from the table of commands, without extensions of roff. Cannot fail. */
#include "commands.h"

#include "event/payload.h"
#include "field_form.h"

#include <string.h>

/* Appends a non-ASCII character by its number, which every roff reads. */
static size_t put_wide(const char *text, struct lbx_buf *out) {
    unsigned char first = (unsigned char)*text;
    size_t len = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    unsigned code = first & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3Fu);
    lbx_buf_printf(out, "\\[u%04X]", code);
    return len;
}

/* Appends text that roff shows unchanged: no request at a line's beginning, no escape, and
 * hyphens that can be copied. */
static void put_text(const char *text, struct lbx_buf *out) {
    bool begins = out->len == 0 || out->data[out->len - 1] == '\n';
    for (size_t len = 1; *text; text += len) {
        len = 1;
        if (begins && (*text == '.' || *text == '\''))
            lbx_buf_str(out, "\\&");
        begins = *text == '\n';
        if (*text == '\\')
            lbx_buf_str(out, "\\e");
        else if (*text == '-')
            lbx_buf_str(out, "\\-");
        else if ((unsigned char)*text >= 0x80)
            len = put_wide(text, out);
        else
            lbx_buf_char(out, *text);
    }
}

static void put_line(const char *request, const char *text, struct lbx_buf *out) {
    lbx_buf_str(out, request);
    put_text(text, out);
    lbx_buf_char(out, '\n');
}

static void put_entry(const char *name, const char *value, const char *what, struct lbx_buf *out) {
    lbx_buf_str(out, ".TP\n\\fB");
    put_text(name, out);
    lbx_buf_str(out, "\\fR");
    if (value) {
        lbx_buf_str(out, " \\fI");
        put_text(value, out);
        lbx_buf_str(out, "\\fR");
    }
    lbx_buf_char(out, '\n');
    put_line("", what, out);
}

static void put_options(const struct ctl_command *command, struct lbx_buf *out) {
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++)
        if (ctl_option_in(command->options, i))
            put_entry(ctl_options[i].name, ctl_options[i].value, ctl_options[i].what, out);
}

static void put_fields(enum lbx_event_type event, struct lbx_buf *out) {
    const struct lbx_event_type_info *info = lbx_event_type_info(event);
    lbx_buf_printf(out, ".PP\nFields of %s:\n", info->name);
    for (size_t i = 0; i < info->data->count; i++) {
        struct lbx_buf form LBX_BUF = {0};
        const struct lbx_field *field = &info->data->fields[i];
        if (strcmp(field->name, lbx_topic_key(info->topic)) == 0)
            continue;
        ctl_field_form(field, &form);
        put_entry(field->name, form.data, field->required ? "Required." : "Optional.", out);
    }
}

static void put_usage(const struct ctl_command *command, struct lbx_buf *out) {
    lbx_buf_str(out, ".PP\n\\fBlockboxctl ");
    put_text(command->name, out);
    lbx_buf_str(out, "\\fR");
    if (*command->args) {
        lbx_buf_str(out, " \\fI");
        put_text(command->args, out);
        lbx_buf_str(out, "\\fR");
    }
    for (size_t i = 0; i < CTL_OPTION_COUNT; i++) {
        if (!ctl_option_in(command->required, i))
            continue;
        lbx_buf_str(out, " \\fB");
        put_text(ctl_options[i].name, out);
        lbx_buf_str(out, "\\fR");
        if (!ctl_options[i].value)
            continue;
        lbx_buf_str(out, " \\fI");
        put_text(ctl_options[i].value, out);
        lbx_buf_str(out, "\\fR");
    }
    lbx_buf_str(out, command->options & ~command->required ? " [\\fIOPTION\\[u2026]\\fR]\n" : "\n");
}

static void put_command(const struct ctl_command *command, struct lbx_buf *out) {
    put_line(".SS ", command->name, out);
    put_text(command->summary, out);
    lbx_buf_str(out, ".\n");
    put_usage(command, out);
    if (command->more) {
        lbx_buf_str(out, ".PP\n");
        put_line("", command->more, out);
    }
    if (command->event)
        put_fields((enum lbx_event_type)command->event, out);
    put_options(command, out);
    lbx_buf_str(out, ".PP\nExample:\n.PP\n.nf\n");
    put_line("", command->example, out);
    lbx_buf_str(out, ".fi\n");
}

enum ctl_exit ctl_man(struct ctl *ctl) {
    static const char head[] =
        ".TH LOCKBOXCTL 1 \"\" Lockbox \"Lockbox manual\"\n"
        ".SH NAME\n"
        "lockboxctl \\- operate Lockbox\n"
        ".SH SYNOPSIS\n"
        "\\fBlockboxctl\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\[u2026]\\fR] [\\fIOPTION\\[u2026]\\fR]\n"
        ".SH DESCRIPTION\n"
        "Looks at requests, mails, rejected records and the audit store, prepares databases and topics, and\n"
        "publishes events as a ticketing system or a portal would.\n"
        ".PP\n"
        "Rows come as a table, or with \\fB\\-o json\\fR or \\fB\\-o csv\\fR whole and for programs.\n"
        ".SH COMMANDS\n";
    static const char tail[] = ".SH EXIT STATUS\n";
    static const char *const exits[] = {
        "done", "no: not found, a check failed, refused",
        "an option, an argument or a setting is wrong",
        "a dependency is unreachable: Kafka, a database, or with \\fB\\-\\-wait\\fR the workers"};
    static const char *const digits[] = {"0", "1", "2", "3"};
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_str(&out, head);
    for (const struct ctl_command *c = ctl->commands; c->name; c++)
        put_command(c, &out);
    lbx_buf_str(&out, tail);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        lbx_buf_printf(&out, ".TP\n\\fB%s\\fR\n%s\n", digits[i], exits[i]);
    lbx_buf_str(
        &out,
        ".SH ENVIRONMENT\n"
        "The settings of the workers, LOCKBOX_*: \\fBlockboxctl config\\fR prints each, with what it "
        "is and its default.\n"
        "NO_COLOR: no colour on a terminal.\n");
    ctl_put(&out);
    return CTL_DONE;
}
