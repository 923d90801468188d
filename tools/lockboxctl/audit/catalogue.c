/* Compares the audit database's catalogue with catalogue/audit.txt, which has a new database's. Promises to find
 * each change of a view, function, policy, trigger or privilege of the schema by the database's owner: the query
 * is this program's, with a search_path of pg_catalog. It cannot find changes of the server itself. Fails with a
 * finding on untested major versions of PostgreSQL, which may print definitions differently. */
#include "catalogue.h"

#include "base/file.h"
#include "base/map.h"
#include "database.h"
#include "sql_catalogue.h"

#include <inttypes.h>
#include <string.h>

extern const struct lbx_file ctl_catalogue_files[];

/* The major versions that ./dev test audit and ./dev test debian13 cover. */
static bool was_tried_on(int64_t server) {
    return server == 15 || server == 17;
}

/* A line is an object, and a hash of a part of its definition; an object may have several lines. */
struct catalogue {
    struct lbx_map lines, objects;
};

static void add(struct catalogue *catalogue, struct lbx_arena *arena, const char *object,
                const char *definition) {
    lbx_map_set(&catalogue->lines, lbx_arena_printf(arena, "%s\t%s", object, definition),
                (void *)object);
    lbx_map_set(&catalogue->objects, object, (void *)object);
}

static void init(struct catalogue *catalogue, struct lbx_arena *arena) {
    lbx_map_init(&catalogue->lines, arena);
    lbx_map_init(&catalogue->objects, arena);
}

static void read_recorded(struct catalogue *ret_recorded, struct lbx_arena *arena) {
    char *rest = lbx_arena_strdup(arena, ctl_catalogue_files[0].text), *line;
    init(ret_recorded, arena);
    while ((line = strsep(&rest, "\n"))) {
        char *tab = strchr(line, '\t');
        if (!tab)
            continue;
        *tab = '\0';
        add(ret_recorded, arena, line, tab + 1);
    }
}

/* *ret_server: the server's major version. */
static enum ctl_exit read_found(const struct ctl *ctl, struct catalogue *ret_found,
                                struct lbx_arena *arena, int64_t *ret_server) {
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = ctl_ask(ctl, &ctl_audit_catalogue, &sql_catalogue_objects, NULL, &pg);
    if (code != CTL_DONE)
        return code;
    init(ret_found, arena);
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_catalogue_objects_answer it =
            LBX_PG_READ(pg, 0, row, catalogue_objects, NULL);
        add(ret_found, arena, lbx_arena_strdup(arena, it.object), it.definition);
        *ret_server = it.server;
    }
    return CTL_DONE;
}

static void compare(const struct catalogue *recorded, const struct catalogue *found,
                    struct findings *findings) {
    LBX_MAP_EACH(&found->lines, line) {
        if (lbx_map_get(&recorded->lines, line->key))
            continue;
        findings_add(findings, line->value, -1, -1, "%s",
                     lbx_map_get(&recorded->objects, line->value)
                         ? "it is not as the scripts of this program make it"
                         : "no script of this program makes it");
    }
    LBX_MAP_EACH(&recorded->lines, line)
        if (!lbx_map_get(&found->lines, line->key))
            findings_add(findings, line->value, -1, -1, "%s",
                         lbx_map_get(&found->objects, line->value)
                             ? "it is not as the scripts of this program make it"
                             : "it is missing");
}

enum ctl_exit catalogue_check(const struct ctl *ctl, struct findings *findings) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct catalogue recorded, found;
    int64_t server = 0;
    lbx_arena_init(&arena);
    read_recorded(&recorded, &arena);
    enum ctl_exit code = read_found(ctl, &found, &arena, &server);
    if (code != CTL_DONE)
        return code;
    if (was_tried_on(server))
        compare(&recorded, &found, findings);
    else
        findings_add(findings, "catalogue", -1, -1,
                     "PostgreSQL %" PRId64
                     " may write views and functions otherwise than 15 and 17: "
                     "they cannot be compared",
                     server);
    return CTL_DONE;
}
