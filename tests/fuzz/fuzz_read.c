/* The JSON reader by the tables of stored objects and of every event's data; the first byte chooses
 * the table. */
#include "core/consent.h"
#include "core/tenant.h"
#include "core/ticket.h"

#include "json/dom.h"

#include "fuzz.h"

static const struct lbx_table *table_of(uint8_t which) {
    static const struct lbx_table *const kept[] = {
        &lbx_request_table,         &lbx_subscription_table,    &lbx_ticket_table,
        &lbx_signed_decision_table, &lbx_request_item_table,    &lbx_request_clock_table,
        &lbx_request_consent_table, &lbx_request_decided_table,
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
    lbx_json_write(table, of, &first);
    assert(lbx_json_read_stored(table, first.data, first.len, arena, again, &reason) == LBX_OK);
    lbx_json_write(table, again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

static bool read_parsed(const struct lbx_table *table, const char *json, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena, void *into) {
    struct lbx_reason reason;
    const struct lbx_reader reader = {.mode = mode, .arena = arena, .at = "", .reason = &reason};
    json_t *value LBX_JSON = lbx_dom_parse(json, len, &reason);
    return value && lbx_dom_read(&reader, table, value, into);
}

/* Where the text reader answers, jansson's value answers the same. */
static void reads_alike(const struct lbx_table *table, const char *json, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena) {
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    void *read = lbx_arena_alloc(arena, table->size);
    void *parsed = lbx_arena_alloc(arena, table->size);
    if (!lbx_json_read_text(table, json, len, mode, arena, read))
        return;
    assert(read_parsed(table, json, len, mode, arena, parsed));
    lbx_json_write(table, read, &ours);
    lbx_json_write(table, parsed, &theirs);
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
    void *strict = lbx_arena_alloc(&arena, table->size);
    void *stored = lbx_arena_alloc(&arena, table->size);
    void *partial = lbx_arena_alloc(&arena, table->size);
    enum lbx_err err = lbx_json_read(table, json, len, "", &arena, strict, &reason);
    enum lbx_err err_stored = lbx_json_read_stored(table, json, len, &arena, stored, &reason);
    bool is_object = lbx_json_read_partial(table, json, len, &arena, partial);
    assert(err != LBX_OK || (err_stored == LBX_OK && is_object));
    for (int mode = LBX_JSON_STRICT; mode <= LBX_JSON_PARTIAL; mode++)
        reads_alike(table, json, len, (enum lbx_json_mode)mode, &arena);
    if (err_stored == LBX_OK)
        comes_back(table, stored, &arena);
    return 0;
}
