/* What a preview is asked: what is taken has an object or a patch, one of both, and names a kind and an object. */
#include "authorizer/preview_asked.h"

#include "authorizer/dry_runs.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len);
    const struct lbx_buf body = {.data = text, .len = len};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct preview_asked asked = {0};
    struct lbx_reason reason = {{0}};
    lbx_arena_init(&arena);
    if (!preview_asked_read(&body, &arena, &asked, &reason)) {
        assert(*reason.text);
        return 0;
    }
    assert(asked.engineer_id && *asked.engineer_id && asked.kind && *asked.kind && asked.name &&
           *asked.name);
    assert(!asked.object != !asked.patch.body && !asked.object == !asked.version);
    assert(!asked.patch.body || (asked.patch.type > 0 && asked.patch.type <= DRY_RUN_STRATEGIC));
    return 0;
}
