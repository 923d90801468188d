/* Sends mail through common/io and says what became of it, for tests/mail.
 *
 * Arguments: --url, --password, --ca-file, --timeout-ms, --connect-timeout-ms,
 * --threads. Standard input: a
 * line is one SMTP session, a JSON array of messages; standard output answers it with a JSON array
 * of results. A message is an object of lbx_mime's members (in_reply_to, references, list_id,
 * from_name, to_name may be missing); instead of subject, text and html it may have "mail": {kind,
 * reader, portal_url, ticket_title, now, request}, and instead of anything but from and to, "raw".
 * Exit 2: the relay's settings were refused; why stands on standard error. */
#include "base/arena.h"
#include "base/clock.h"
#include "mail/mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"
#include "smtp/relays.h"

#include <jansson.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { THREADS_MAX = 16 };

static size_t threads = 1;
static struct lbx_mail_templates *templates;

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static void fail(const char *what) {
    (void)fprintf(stderr, "send_mail: %s\n", what);
    exit(3);
}

static enum lbx_mail_reader reader_of(const char *text) {
    if (strcmp(text, "approver") == 0)
        return LBX_READER_APPROVER;
    return strcmp(text, "alternate") == 0 ? LBX_READER_ALTERNATE : LBX_READER_ENGINEER;
}

/* Content from a request, through the same table the workers read it with. */
static void write_mail(const json_t *spec, struct lbx_arena *arena, struct lbx_mail *mail) {
    struct lbx_request request = {0};
    struct lbx_reason reason;
    char *json = json_dumps(json_object_get(spec, "request"), 0);
    if (lbx_json_read(&lbx_request_table, json, strlen(json), "", arena, &request, &reason))
        fail(reason.text);
    free(json);
    const struct lbx_mail_input input = {
        .request = &request,
        .kind = (enum lbx_mail_kind)lbx_name_index(lbx_mail_kind_names, text_of(spec, "kind")),
        .reader = reader_of(text_of(spec, "reader")),
        .portal_url = text_of(spec, "portal_url"),
        .ticket_title = text_of(spec, "ticket_title"),
        .now = json_integer_value(json_object_get(spec, "now")),
    };
    if (lbx_mail_write(templates, &input, mail))
        fail("lbx_mail_write");
}

/* false: the message was refused before it had any bytes; the result says so. */
static bool compose(const json_t *spec, struct lbx_buf *bytes) {
    const json_t *raw = json_object_get(spec, "raw"), *content = json_object_get(spec, "mail");
    struct lbx_mail mail = {0};
    struct lbx_arena arena;
    if (raw) {
        lbx_buf_add(bytes, json_string_value(raw), json_string_length(raw));
        return true;
    }
    lbx_arena_init(&arena);
    if (content) {
        write_mail(content, &arena, &mail);
    } else {
        lbx_buf_str(&mail.subject, text_of(spec, "subject"));
        lbx_buf_str(&mail.text, text_of(spec, "text"));
        lbx_buf_str(&mail.html, text_of(spec, "html"));
    }
    const struct lbx_mime mime = {
        .from = text_of(spec, "from"),
        .from_name = text_of(spec, "from_name"),
        .to = text_of(spec, "to"),
        .to_name = text_of(spec, "to_name"),
        .subject = mail.subject.data,
        .date = json_integer_value(json_object_get(spec, "date")),
        .message_id = text_of(spec, "message_id"),
        .in_reply_to = text_of(spec, "in_reply_to"),
        .references = text_of(spec, "references"),
        .list_id = text_of(spec, "list_id"),
        .text = mail.text.data,
        .text_len = mail.text.len,
        .html = mail.html.data,
        .html_len = mail.html.len,
    };
    enum lbx_err err = lbx_mime_write(&mime, bytes);
    if (err == LBX_ERR_INTERNAL)
        fail("lbx_mime_write: headers other than expected");
    lbx_mail_done(&mail);
    lbx_arena_done(&arena);
    return err == LBX_OK;
}

static json_t *result_json(const struct lbx_smtp_result *result) {
    static const char *const names[] = {
        [LBX_SMTP_TEMPORARY] = "temporary",
        [LBX_SMTP_DELIVERED] = "delivered",
        [LBX_SMTP_PERMANENT] = "permanent",
    };
    return json_pack("{s:s, s:i, s:s, s:s, s:s?}", "outcome", names[result->outcome], "code",
                     result->code, "enhanced", result->enhanced, "reply", result->reply, "relay",
                     result->relay);
}

/* Some of a session's messages, for one thread. */
struct share {
    struct lbx_relays *relays;
    struct lbx_smtp_message *messages;
    size_t taken, done, count;
};

static struct lbx_smtp_message *next(void *context) {
    struct share *share = context;
    return share->taken < share->count ? &share->messages[share->taken++] : NULL;
}

static void done(void *context, struct lbx_smtp_message *message) {
    struct share *share = context;
    if (message != &share->messages[share->done++])
        fail("done out of order");
}

static void *send_share(void *arg) {
    struct share *share = arg;
    const struct lbx_smtp_source source = {next, done, share};
    struct lbx_smtp_session *session = lbx_smtp_session_new();
    lbx_relays_send(share->relays, session, &source);
    lbx_smtp_session_free(session);
    if (share->done != share->taken)
        fail("a message was taken and is not done");
    /* What was not taken has no fate of its own. */
    for (size_t i = share->taken; i < share->count; i++)
        share->messages[i].result = share->messages[share->taken - 1].result;
    return NULL;
}

static void send_all(struct lbx_relays *relays, struct lbx_smtp_message *messages, size_t count) {
    struct share shares[THREADS_MAX];
    pthread_t sessions[THREADS_MAX];
    size_t from = 0;
    for (size_t i = 0; i < threads; i++) {
        size_t to = count * (i + 1) / threads;
        shares[i] =
            (struct share){.relays = relays, .messages = messages + from, .count = to - from};
        from = to;
        if (pthread_create(&sessions[i], NULL, send_share, &shares[i]) != 0)
            fail("pthread_create");
    }
    for (size_t i = 0; i < threads; i++)
        (void)pthread_join(sessions[i], NULL);
}

static void session(struct lbx_relays *relays, const json_t *specs) {
    size_t count = json_array_size(specs), n = 0;
    struct lbx_smtp_message *messages LBX_FREE = calloc(count + 1, sizeof *messages);
    struct lbx_buf *bytes LBX_FREE = calloc(count + 1, sizeof *bytes);
    json_t *answers = json_array();
    for (size_t i = 0; i < count; i++) {
        const json_t *spec = json_array_get(specs, i);
        if (!compose(spec, &bytes[i]))
            lbx_buf_str(&bytes[i], "Subject: none\r\n\r\n"); /* still sees the address checked */
        messages[n++] = (struct lbx_smtp_message){.from = text_of(spec, "from"),
                                                  .to = text_of(spec, "to"),
                                                  .bytes = bytes[i].data,
                                                  .len = bytes[i].len};
    }
    send_all(relays, messages, n);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(answers, result_json(&messages[i].result));
        lbx_buf_done(&bytes[i]);
    }
    json_dumpf(answers, stdout, JSON_COMPACT);
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(answers);
}

static void settings(int argc, char **argv, struct lbx_smtp_config *config) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--url") == 0)
            config->url = argv[i + 1];
        else if (strcmp(argv[i], "--password") == 0)
            config->password = argv[i + 1];
        else if (strcmp(argv[i], "--ca-file") == 0)
            config->ca_file = argv[i + 1];
        else if (strcmp(argv[i], "--timeout-ms") == 0)
            config->timeout_ms = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--connect-timeout-ms") == 0)
            config->connect_timeout_ms = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--threads") == 0)
            threads = (size_t)atoi(argv[i + 1]) % (THREADS_MAX + 1);
        else
            fail(argv[i]);
    }
}

int main(int argc, char **argv) {
    struct lbx_smtp_config config = {.url = ""};
    struct lbx_relays *relays LBX_CLEANUP(lbx_cleanup_relays) = NULL;
    char why[LBX_SMTP_WHY_SIZE];
    char *line = NULL;
    size_t cap = 0;

    struct lbx_buf reasons LBX_BUF = {0};

    (void)signal(SIGPIPE, SIG_IGN);
    if (lbx_mail_templates_new(NULL, 0, &templates, &reasons))
        fail(reasons.data);
    settings(argc, argv, &config);
    if (lbx_relays_new(&config, 60 * LBX_SECOND_US, &relays, why)) {
        (void)fprintf(stderr, "%s\n", why);
        return 2;
    }
    while (getline(&line, &cap, stdin) > 0) {
        json_error_t error;
        json_t *specs = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (!specs)
            fail(error.text);
        session(relays, specs);
        json_decref(specs);
    }
    free(line);
    lbx_mail_templates_free(templates);
    return 0;
}
