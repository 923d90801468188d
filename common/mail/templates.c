/* Makes a set of templates, the default ones or an operator's. Promises that every file is checked, so
 * that one run finds all faults. Fails with LBX_ERR_INVALID: a set with a fault is not made. */
#include "mail/templates.h"

#include "base/cleanup.h"
#include "mail/example.h"
#include "mail/mail.h"
#include "mail/values.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 40 };

const char *const lbx_mail_template_endings[] = {".txt", ".html", NULL};

static const char subject_label[] = "Subject: ";

struct reader {
    struct lbx_mail_templates *set;
    struct lbx_template_file files[FILES_MAX];
    size_t count;
    struct lbx_buf *reasons;
    bool bad;
};

/* Adds a reason, once: a part's fault is found again in each file that includes it. */
static void add_reason(struct reader *r, const char *reason) {
    struct lbx_buf line LBX_BUF = {0};
    r->bad = true;
    lbx_buf_printf(&line, "%s\n", reason);
    if (!r->reasons->data || !strstr(r->reasons->data, line.data))
        lbx_buf_add(r->reasons, line.data, line.len);
}

__attribute__((format(printf, 4, 5))) static void
add_reason_at(struct reader *r, const char *name, size_t line, const char *format, ...) {
    char what[160], reason[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)snprintf(reason, sizeof reason, "%.80s:%zu: %s", name, line, what);
    add_reason(r, reason);
}

/* ---- files ---- */

static struct lbx_template_file *find(struct reader *r, const char *name) {
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->files[i].name, name) == 0)
            return &r->files[i];
    return NULL;
}

static void take_files(struct reader *r, const struct lbx_file *replaced, size_t count) {
    for (const struct lbx_file *file = lbx_mail_defaults; file->name; file++) {
        assert(r->count < FILES_MAX);
        r->files[r->count++] =
            (struct lbx_template_file){.name = file->name, .text = file->text, .len = file->len};
    }
    for (size_t i = 0; i < count; i++) {
        struct lbx_template_file *file = find(r, replaced[i].name);
        if (!file) {
            add_reason_at(r, replaced[i].name, 1, "no template has this name");
            continue;
        }
        file->text = lbx_arena_memdup(&r->set->texts, replaced[i].text, replaced[i].len);
        file->len = replaced[i].len;
    }
}

/* The parts that a file may include: all files with the same ending. */
static size_t parts_like(const struct reader *r, const char *ending,
                         struct lbx_template_file ret_parts[FILES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(strchr(r->files[i].name, '.'), ending) == 0) {
            ret_parts[count] = r->files[i];
            ret_parts[count++].line = 1;
        }
    return count;
}

static void parse(struct reader *r, enum lbx_template_form form,
                  const struct lbx_template_file *file, struct lbx_template **ret_template) {
    struct lbx_template_file parts[FILES_MAX];
    struct lbx_template_reason reason;
    const struct lbx_template_source source = {
        .form = form,
        .file = *file,
        .parts = parts,
        .part_count = parts_like(r, form == LBX_TEMPLATE_HTML ? ".html" : ".txt", parts),
        .vocabulary = &lbx_mail_vocabulary,
    };
    if (lbx_template_parse(&source, ret_template, &reason) != LBX_OK)
        add_reason(r, reason.text);
}

/* Parses the subject, and the text below the empty line. */
static void parse_text(struct reader *r, const struct lbx_template_file *file,
                       struct lbx_mail_words *words) {
    size_t label = strlen(subject_label);
    const char *end = memchr(file->text, '\n', file->len);
    if (!end || file->len < label || memcmp(file->text, subject_label, label) != 0) {
        add_reason_at(r, file->name, 1, "does not begin with a line \"Subject: …\"");
        return;
    }
    size_t first = (size_t)(end - file->text);
    if (first + 1 >= file->len || file->text[first + 1] != '\n') {
        add_reason_at(r, file->name, 2, "not an empty line below the subject");
        return;
    }
    const struct lbx_template_file subject = {file->name, file->text + label, first - label, 1};
    const struct lbx_template_file text = {file->name, end + 2, file->len - first - 2, 3};
    parse(r, LBX_TEMPLATE_LINE, &subject, &words->subject);
    parse(r, LBX_TEMPLATE_TEXT, &text, &words->text);
}

static void parse_kind(struct reader *r, enum lbx_mail_kind kind) {
    char name[64];
    (void)snprintf(name, sizeof name, "%s.txt", lbx_mail_kind_names[kind]);
    parse_text(r, find(r, name), &r->set->kinds[kind]);
    (void)snprintf(name, sizeof name, "%s.html", lbx_mail_kind_names[kind]);
    struct lbx_template_file *html = find(r, name);
    html->line = 1;
    parse(r, LBX_TEMPLATE_HTML, html, &r->set->kinds[kind].html);
}

/* ---- required values ---- */

/* The names that a kind of mail must use, NULL-ended. A condition counts if the template tests
 * it. */
static const char *const in_subject[] = {"ticket_id", "cluster", "request_id", NULL};
static const char *const in_body[] = {
    "ticket_id", "request_id",   "items",         "words", "cluster",
    "engineer",  "organization", "justification", "link",  NULL,
};
static const char *const in_kind[LBX_MAIL_END][6] = {
    [LBX_MAIL_APPROVAL_NEEDED] = {"duration", "decide_by", "cannot_approve"},
    [LBX_MAIL_REMINDER] = {"duration", "decide_by", "cannot_approve"},
    [LBX_MAIL_OUTCOME] = {"state", "cannot_approve"},
    [LBX_MAIL_EMERGENCY] = {"access_until", "acknowledge_by", "incident_id", "authorized_by",
                            "cannot_approve"},
    [LBX_MAIL_EMERGENCY_REMINDER] = {"incident_id", "authorized_by", "cannot_approve"},
    [LBX_MAIL_INFORMED] = {"cannot_approve"},
};
static const char *const of_content[] = {"changes", NULL};
static const char *const of_tenant_in_subject[] = {"tenant_id", NULL};
static const char *const of_tenant_in_body[] = {
    "tenant_id", "subscriptions", "subscription", "changed_by", "changed_at", "link", NULL,
};

static const char *const of_digest_in_body[] = {
    "tenant_id", "requests", "request", "request_link", "cannot_approve", NULL,
};

static void require(struct reader *r, const char *const *names, const bool *shown, const char *file,
                    const struct lbx_mail_input *to) {
    for (; *names; names++) {
        int value = lbx_vocabulary_find(&lbx_mail_vocabulary, *names, strlen(*names));
        if (!shown[value])
            add_reason_at(r, file, 1, "leaves out {{%s}} in the mail to an %s (%s)", *names,
                          lbx_mail_reader_names[to->reader],
                          to->request  ? lbx_state_names[to->request->state]
                          : to->digest ? "of many requests"
                                       : "about a tenant");
    }
}

static bool has_content(const struct lbx_request *request) {
    for (size_t i = 0; request && i < request->action_count; i++)
        if (request->actions[i].content.changes)
            return true;
    return false;
}

static void check_form(struct reader *r, const struct lbx_template *template, const char *ending,
                       const char *const *names, const char *const *more,
                       const struct lbx_mail_input *input) {
    struct lbx_buf out LBX_BUF = {0};
    bool shown[LBX_VALUES_MAX] = {0};
    char file[64];
    (void)snprintf(file, sizeof file, "%s%s", lbx_mail_kind_names[input->kind], ending);
    lbx_template_show(template, input, &out, shown);
    require(r, names, shown, file, input);
    if (more)
        require(r, more, shown, file, input);
    if (more && has_content(input->request))
        require(r, of_content, shown, file, input);
}

static void check_example(struct reader *r, const struct lbx_mail_input *input) {
    const struct lbx_mail_words *words = &r->set->kinds[input->kind];
    const bool of_tenant = lbx_mail_is_of_tenant(input->kind), digest = input->digest != NULL;
    const char *const *subject = of_tenant || digest ? of_tenant_in_subject : in_subject;
    const char *const *body = of_tenant ? of_tenant_in_body : digest ? of_digest_in_body : in_body;
    check_form(r, words->subject, ".txt", subject, NULL, input);
    check_form(r, words->text, ".txt", body, in_kind[input->kind], input);
    check_form(r, words->html, ".html", body, in_kind[input->kind], input);
}

/* Whether mails of the kind go to that reader. */
static bool is_read_by(enum lbx_mail_kind kind, enum lbx_mail_reader reader) {
    if (lbx_mail_is_of_tenant(kind) || reader == LBX_READER_CONCERNED)
        return lbx_mail_is_of_tenant(kind) && reader == LBX_READER_CONCERNED;
    return reader != LBX_READER_ENGINEER || (kind != LBX_MAIL_INFORMED && kind != LBX_MAIL_DIGEST);
}

static void check_words(struct reader *r) {
    struct lbx_mail_input input;
    for (size_t i = 0; lbx_mail_example(i, &input); i++)
        for (int reader = 0; reader < LBX_READER_COUNT; reader++) {
            input.reader = (enum lbx_mail_reader)reader;
            if (is_read_by(input.kind, input.reader))
                check_example(r, &input);
        }
}

/* ---- the set ---- */

enum lbx_err lbx_mail_templates_new(const struct lbx_file *replaced, size_t count,
                                    struct lbx_mail_templates **ret_templates,
                                    struct lbx_buf *reasons) {
    struct lbx_mail_templates *set = lbx_calloc(sizeof *set);
    lbx_arena_init(&set->texts);
    struct reader reader = {.set = set, .reasons = reasons};
    take_files(&reader, replaced, count);
    for (int kind = LBX_MAIL_NONE + 1; kind < LBX_MAIL_END; kind++)
        parse_kind(&reader, (enum lbx_mail_kind)kind);
    if (!reader.bad)
        check_words(&reader);
    if (reader.bad) {
        lbx_mail_templates_free(set);
        return LBX_ERR_INVALID;
    }
    *ret_templates = set;
    return LBX_OK;
}

void lbx_mail_templates_free(struct lbx_mail_templates *templates) {
    if (!templates)
        return;
    for (int kind = LBX_MAIL_NONE + 1; kind < LBX_MAIL_END; kind++) {
        lbx_template_free(templates->kinds[kind].subject);
        lbx_template_free(templates->kinds[kind].text);
        lbx_template_free(templates->kinds[kind].html);
    }
    lbx_arena_done(&templates->texts);
    free(templates);
}
