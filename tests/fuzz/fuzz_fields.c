/* JSON by tables: those of what is kept and of every event's data, told apart by the first byte. */
#include "core/request.h"
#include "core/tenant.h"
#include "core/ticket.h"

#include "json/fields_json.h"
#include "json/recall.h"

#include "fuzz.h"

static const struct lbx_table *table_of(uint8_t which) {
    static const struct lbx_table *const kept[] = {
        &lbx_request_table,         &lbx_subscription_table, &lbx_ticket_table,
        &lbx_signed_decision_table, &lbx_request_item_table, &lbx_request_clock_table,
        &lbx_request_rest_table,
    };
    size_t count = sizeof kept / sizeof *kept;
    if (which < count)
        return kept[which];
    return lbx_event_type_info((enum lbx_event_type)(1 + which % (LBX_EVENT_COUNT - 1)))->data;
}

static void comes_back(const struct lbx_table *table, const void *of, struct lbx_arena *arena) {
    struct lbx_buf first LBX_BUF = {0}, second LBX_BUF = {0};
    struct lbx_reason reason;
    void *again = lbx_arena_alloc(arena, table->size);
    lbx_fields_write(table, of, &first);
    assert(lbx_fields_recall(table, first.data, first.len, arena, again, &reason) == LBX_OK);
    lbx_fields_write(table, again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

/* Where recall answers, the parser answers the same. */
static void recalls_alike(const struct lbx_table *table, const char *json, size_t len,
                          struct lbx_arena *arena) {
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    struct lbx_reason reason;
    void *recalled = lbx_arena_alloc(arena, table->size);
    void *parsed = lbx_arena_alloc(arena, table->size);
    if (!lbx_recall(table, json, len, arena, recalled))
        return;
    assert(lbx_json_recall(table, json, len, arena, parsed, &reason) == LBX_OK);
    lbx_fields_write(table, recalled, &ours);
    lbx_fields_write(table, parsed, &theirs);
    assert(ours.len == theirs.len && memcmp(ours.data, theirs.data, ours.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_reason reason;
    size_t len;
    const struct lbx_table *table = table_of(fuzz_byte(&in));
    char *json LBX_FREE = fuzz_rest(&in, &len);
    lbx_arena_init(&arena);
    void *read = lbx_arena_alloc(&arena, table->size);
    void *recalled = lbx_arena_alloc(&arena, table->size);
    void *gleaned = lbx_arena_alloc(&arena, table->size);
    enum lbx_err err = lbx_fields_read(table, json, len, "", &arena, read, &reason);
    enum lbx_err recall = lbx_fields_recall(table, json, len, &arena, recalled, &reason);
    bool is_object = lbx_fields_glean(table, json, len, &arena, gleaned);
    assert(err != LBX_OK || (recall == LBX_OK && is_object));
    recalls_alike(table, json, len, &arena);
    if (recall == LBX_OK)
        comes_back(table, recalled, &arena);
    return 0;
}
