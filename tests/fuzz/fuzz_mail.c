/* A request out of anybody's JSON, told in a mail of each kind to each reader, and that mail as bytes: one
 * subject, no header and no markup that came from outside. */
#include "base/utf8.h"
#include "core/consent.h"
#include "io/hash.h"
#include "mail/mail.h"
#include "mail/templates.h"
#include "smtp/mime.h"

#include "fuzz.h"

static struct lbx_mail_templates *templates;

static void is_plain(const struct lbx_buf *text, bool lines) {
    assert(text->len && lbx_utf8_valid(text->data, text->len));
    for (size_t i = 0; i < text->len; i++)
        assert((unsigned char)text->data[i] >= ' ' || (lines && text->data[i] == '\n'));
}

static void write_bytes(const struct lbx_mail *mail, const char *name) {
    struct lbx_buf out LBX_BUF = {0};
    const struct lbx_mime mime = {.from = "lockbox@contoso.example",
                                  .from_name = "Lockbox",
                                  .to = "ann@contoso.example",
                                  .to_name = name,
                                  .subject = mail->subject.data,
                                  .date = 1,
                                  .message_id = "<1@contoso.example>",
                                  .text = mail->text.data,
                                  .text_len = mail->text.len,
                                  .html = mail->html.data,
                                  .html_len = mail->html.len};
    assert(lbx_mime_write(&mime, &out) == LBX_OK);
    const char *body = strstr(out.data, "\r\n\r\n");
    assert(body);
    for (const char *at = out.data; at < body; at++)
        assert(*at != '\r' || (at[1] == '\n' && (at[2] == '\r' || at[2] == ' ' || at[2] == '\t' ||
                                                 strchr("FTSDMAC", at[2]))));
}

static void tell(const struct lbx_mail_input *input) {
    struct lbx_mail mail LBX_CLEANUP(lbx_mail_done) = {0};
    if (lbx_mail_write(templates, input, &mail) != LBX_OK)
        return;
    is_plain(&mail.subject, false);
    is_plain(&mail.text, true);
    is_plain(&mail.html, true);
    write_bytes(&mail, input->request->engineer.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf reasons LBX_BUF = {0}, consent LBX_BUF = {0};
    struct lbx_request request = {0};
    struct lbx_reason reason;
    size_t len;
    char *json LBX_FREE = fuzz_rest(&in, &len);
    lbx_arena_init(&arena);
    if (!templates)
        assert(lbx_mail_templates_new(NULL, 0, &templates, &reasons) == LBX_OK);
    if (lbx_json_read_stored(&lbx_request_table, json, len, &arena, &request, &reason) != LBX_OK)
        return 0;
    lbx_request_consent(&request, lbx_sha256_hex, &consent);
    for (int kind = 1; kind < LBX_MAIL_END; kind++)
        for (int reader = 0; reader < LBX_READER_COUNT; reader++)
            tell(&(struct lbx_mail_input){.request = &request,
                                          .kind = (enum lbx_mail_kind)kind,
                                          .reader = (enum lbx_mail_reader)reader,
                                          .portal_url = "https://portal.example",
                                          .ticket_title = request.justification,
                                          .now = 1});
    return 0;
}
