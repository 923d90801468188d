/* A cluster's answer to what kinds it has: whatever it says, a kind that is found is the one that was asked for. */
#include "authorizer/kinds.h"

#include "world.h"

/* The input: group and resource that are looked for, a line each, then the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text LBX_FREE = fuzz_text(data, size), *rest = text;
    const char *group = strsep(&rest, "\n"), *resource = rest ? strsep(&rest, "\n") : "";
    struct lbx_cluster cluster = {.id = "c1", .server = "https://c1", .kinds = kinds_new()};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct kind kind = {0}, again = {0};
    lbx_log_init("fuzz", LBX_LOG_ERROR);
    lbx_arena_init(&arena);
    world.answer = rest ? rest : "";
    world.answer_len = strlen(world.answer);
    if (kinds_find(&cluster, group, resource, &arena, &kind)) {
        assert(strcmp(kind.group, group) == 0 && strcmp(kind.resource, resource) == 0);
        assert(kind.name && kind.version);
        if (kinds_find_by_name(&cluster, kind.name, kind.version, &arena, &again))
            assert(strcmp(again.name, kind.name) == 0);
    }
    kinds_free(cluster.kinds);
    return 0;
}
