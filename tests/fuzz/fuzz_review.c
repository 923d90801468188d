/* What an API server sends: reviews of authorization and admission, and lists of audit events. Each gets an answer that is JSON, or a reason. */
#include "authorizer/audit.h"
#include "authorizer/kinds.h"
#include "authorizer/reviews.h"
#include "json/read.h"

#include "world.h"

static const char kinds[] =
    "{\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":[{\"resource\":\"deployments\","
    "\"responseKind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"},\"scope\":\"Namespaced\"}]}]}]}";

/* The input: a byte that says which, and what the database answers; then the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static enum lbx_err (*const readers[])(const struct review *, const struct lbx_buf *,
                                           struct lbx_buf *, const char **, struct lbx_reason *) = {
        reviews_authorize, reviews_admit, audit_record};
    struct fuzz_input in = {data, size};
    const uint8_t form = fuzz_byte(&in);
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len);
    const struct lbx_buf body = {.data = text, .len = len};
    struct lbx_buf said LBX_BUF = {0};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_cluster cluster = {.id = "c1",
                                  .resource_id = "/subscriptions/s/resourceGroups/rg/c1",
                                  .username_prefix = "lockbox:",
                                  .group = "lockbox:engineers",
                                  .server = "https://c1",
                                  .kinds = kinds_new()};
    const char *code = NULL;
    struct lbx_reason reason = {{0}};
    lbx_log_init("fuzz", LBX_LOG_ERROR);
    lbx_arena_init(&arena);
    world.allows = form & 4;
    world.answer = kinds;
    world.answer_len = sizeof kinds - 1;
    const struct review review = {.cluster = &cluster, .arena = &arena};
    const enum lbx_err err = readers[form % 3](&review, &body, &said, &code, &reason);
    assert(err != LBX_ERR_INVALID || *reason.text);
    if (err == LBX_OK && form % 3 != 2)
        assert(said.len > 2 && said.data[0] == '{' && said.data[said.len - 1] == '}');
    kinds_free(cluster.kinds);
    return 0;
}
