/* Writes mails and sends none, for tests of what they say.
 *
 * An argument is a folder of templates that replace those built in. In, a line: {"kind", "reader",
 * "portal_url", "ticket_title", "now", "request", "to"}. Out: {"subject", "text", "html", "bytes"}: what the
 * mail says, and the message as it would leave; or {"refused": why} where the request is malformed or the
 * mail cannot be written. A line that is not of that form ends the program with 2. */
#include "io/folder.h"
#include "mail/mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static json_t *refused(const char *why) {
    return json_pack("{s:s}", "refused", why);
}

static json_t *text_json(const struct lbx_buf *text) {
    json_t *value = json_stringn(text->data, text->len);
    return value ? value : refused("not UTF-8");
}

static json_t *answer_of(const struct lbx_mail *mail, const struct lbx_mime *mime) {
    struct lbx_buf bytes LBX_BUF = {0};
    enum lbx_err err = lbx_mime_write(mime, &bytes);
    if (err != LBX_OK)
        return refused(lbx_err_text(err));
    return json_pack("{s:o, s:o, s:o, s:o}", "subject", text_json(&mail->subject), "text",
                     text_json(&mail->text), "html", text_json(&mail->html), "bytes",
                     text_json(&bytes));
}

static enum lbx_mail_reader reader_of(const char *name) {
    for (int i = 0; name && i < LBX_READER_COUNT; i++)
        if (strcmp(name, lbx_mail_reader_names[i]) == 0)
            return (enum lbx_mail_reader)i;
    return LBX_READER_APPROVER;
}

static json_t *write_one(const struct lbx_mail_templates *templates, const json_t *spec,
                         struct lbx_arena *arena) {
    struct lbx_request request = {0};
    struct lbx_reason reason;
    struct lbx_mail mail LBX_CLEANUP(lbx_mail_done) = {0};
    char *json LBX_FREE = json_dumps(json_object_get(spec, "request"), 0);
    if (lbx_json_read(&lbx_request_table, json, strlen(json), "", arena, &request, &reason))
        return refused(reason.text);
    const struct lbx_mail_input input = {
        .request = &request,
        .kind = (enum lbx_mail_kind)lbx_name_index(lbx_mail_kind_names, text_of(spec, "kind")),
        .reader = reader_of(text_of(spec, "reader")),
        .portal_url = text_of(spec, "portal_url"),
        .ticket_title = text_of(spec, "ticket_title"),
        .now = json_integer_value(json_object_get(spec, "now")),
    };
    if (lbx_mail_write(templates, &input, &mail) != LBX_OK)
        return refused("a kind that does not go with the state");
    const struct lbx_mime mime = {
        .from = "lockbox@contoso.example",
        .from_name = "Customer Lockbox",
        .to = text_of(spec, "to"),
        .subject = mail.subject.data,
        .date = input.now,
        .message_id = "<019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77@contoso.example>",
        .in_reply_to = "<request@contoso.example>",
        .references = "<request@contoso.example>",
        .list_id = "lockbox.contoso.example",
        .text = mail.text.data,
        .text_len = mail.text.len,
        .html = mail.html.data,
        .html_len = mail.html.len,
    };
    return answer_of(&mail, &mime);
}

static struct lbx_mail_templates *open_templates(const char *folder, struct lbx_arena *arena) {
    struct lbx_mail_templates *templates = NULL;
    struct lbx_file *files = NULL;
    size_t count = 0;
    char why[LBX_FOLDER_WHY_SIZE] = "";
    struct lbx_buf reasons LBX_BUF = {0};
    if (folder && lbx_folder_read(folder, lbx_mail_template_endings, LBX_MAIL_TEMPLATE_MAX, arena,
                                  &files, &count, why))
        (void)fprintf(stderr, "%s\n", why);
    else if (lbx_mail_templates_new(files, count, &templates, &reasons))
        (void)fprintf(stderr, "%s", reasons.data);
    return templates;
}

int main(int argc, char **argv) {
    struct lbx_arena arena;
    char *line LBX_FREE = NULL;
    size_t cap = 0;
    lbx_arena_init(&arena);
    struct lbx_mail_templates *templates = open_templates(argc > 1 ? argv[1] : NULL, &arena);
    if (!templates) {
        lbx_arena_done(&arena);
        return 2;
    }
    while (getline(&line, &cap, stdin) > 0) {
        json_t *spec = json_loads(line, JSON_ALLOW_NUL, NULL);
        if (!spec)
            return 2;
        json_t *answer = write_one(templates, spec, &arena);
        json_dumpf(answer, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(answer);
        json_decref(spec);
        lbx_arena_reset(&arena);
    }
    lbx_mail_templates_free(templates);
    lbx_arena_done(&arena);
    return 0;
}
