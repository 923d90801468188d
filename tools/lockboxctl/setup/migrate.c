/* db migrate and db status: the schemas of both databases, from schemas/db/NAME/V*.sql. Promises
 * one transaction for each script and its record, which has the script's SHA-256; scripts run in
 * order, except those that fit any later version. Fails before any change where a recorded
 * script differs, or a version is unknown here. */
#include "commands.h"

#include "base/clock.h"
#include "base/time.h"
#include "database.h"
#include "io/hash.h"
#include "sql_audit_schema.h"
#include "sql_ctl.h"
#include "sql_lockbox_schema.h"

#include <stdio.h>
#include <string.h>

struct schema {
    const struct ctl_database *database;
    const struct lbx_sql *const *scripts; /* in order of version */
    const char *prefix;                   /* of their names in the program */
};

static const struct schema schemas[] = {
    {&ctl_lockbox, sql_lockbox_schema_all, "lockbox_schema_"},
    {&ctl_audit, sql_audit_schema_all, "audit_schema_"},
};
enum { SCHEMA_COUNT = sizeof schemas / sizeof *schemas };

/* A script, a row of lockbox_migration, or both. Borrowed from the program and the arena. */
struct migration {
    long version;
    const char *name, *text; /* text NULL: unknown to this program */
    char checksum[LBX_SHA256_HEX_SIZE];
    const char *applied_checksum, *applied_at; /* NULL: not applied */
};

/* ---- scripts and applied migrations ---- */

/* "V001__first_tables" is version 1, "first_tables". */
static struct migration of_script(const struct schema *schema, const struct lbx_sql *script) {
    struct migration m = {.text = script->text};
    char *end;
    m.version = strtol(script->name + strlen(schema->prefix) + 1, &end, 10);
    m.name = end + 2;
    lbx_sha256_hex(script->text, strlen(script->text), m.checksum);
    return m;
}

struct plan {
    struct migration list[256];
    size_t count;
};

static struct migration *find(struct plan *plan, long version) {
    for (size_t i = 0; i < plan->count; i++)
        if (plan->list[i].version == version)
            return &plan->list[i];
    return NULL;
}

static struct migration *add(struct plan *plan, struct migration m) {
    if (plan->count == sizeof plan->list / sizeof *plan->list)
        abort();
    plan->list[plan->count] = m;
    return &plan->list[plan->count++];
}

/* Reads applied scripts; LBX_OK also where the table does not exist yet. */
static enum lbx_err read_applied(struct ctl *ctl, struct lbx_pg *pg, struct plan *plan) {
    static const struct lbx_sql *const list[] = {&sql_ctl_migration_applied, NULL};
    static const struct lbx_sql *const *const lists[] = {list, NULL};
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, &sql_ctl_migration_exists, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK || !LBX_PG_READ(pg, 0, 0, ctl_migration_exists, NULL).it_does)
        return err;
    calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(&calls, &sql_ctl_migration_applied, NULL);
    if ((err = lbx_pg_prepare(pg, lists)) != LBX_OK || (err = lbx_pg_run(pg, &calls)) != LBX_OK)
        return err;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_ctl_migration_applied_answer it =
            LBX_PG_READ(pg, 0, row, ctl_migration_applied, NULL);
        struct migration *m = find(plan, it.version);
        if (!m)
            m = add(plan, (struct migration){.version = it.version});
        if (!m->name)
            m->name = lbx_arena_strdup(&ctl->arena, it.name);
        m->applied_checksum = lbx_arena_strdup(&ctl->arena, it.checksum);
        m->applied_at = lbx_arena_strdup(&ctl->arena, it.applied_at);
    }
    return LBX_OK;
}

static enum lbx_err read_plan(struct ctl *ctl, const struct schema *schema, struct lbx_pg *pg,
                              struct plan *plan) {
    plan->count = 0;
    for (const struct lbx_sql *const *script = schema->scripts; *script; script++)
        add(plan, of_script(schema, *script));
    return read_applied(ctl, pg, plan);
}

static const char *state_of(const struct migration *m) {
    if (!m->text)
        return "unknown";
    if (!m->applied_at)
        return "pending";
    return strcmp(m->checksum, m->applied_checksum) == 0 ? "applied" : "changed";
}

static bool is_chosen(const struct ctl *ctl, const struct schema *schema) {
    const char *only = ctl->options[CTL_ONLY];
    return !only || strcmp(only, schema->database->name) == 0;
}

static bool only_is_valid(const struct ctl *ctl) {
    for (size_t i = 0; i < SCHEMA_COUNT; i++)
        if (is_chosen(ctl, &schemas[i]))
            return true;
    ctl_fail(CTL_USAGE, "--only takes lockbox or audit, not %s", ctl->options[CTL_ONLY]);
    return false;
}

static const struct lbx_sql *const first_question[] = {&sql_ctl_migration_exists, NULL};

/* ---- migrate ---- */

/* Whether a script says that it may run after scripts of higher numbers. */
static bool may_come_late(const struct migration *m) {
    return strstr(m->text, "\n-- Fits any later version") != NULL;
}

/* Prints why this program cannot migrate the database, if it cannot. */
static enum ctl_exit refuse(const struct schema *schema, const struct plan *plan) {
    const char *database = schema->database->name;
    bool pending = false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct migration *m = &plan->list[i];
        if (!m->text)
            return ctl_fail(
                CTL_NO,
                "%s: has V%03ld (%s), which this program does not know: the database is "
                "newer, use the lockboxctl that migrated it",
                database, m->version, m->name);
        if (m->applied_at && strcmp(m->checksum, m->applied_checksum) != 0)
            return ctl_fail(CTL_NO,
                            "%s: V%03ld (%s) was applied as another script: checksum %s there, %s "
                            "here. A script that was applied never changes: put it back, and write "
                            "the change into a new one",
                            database, m->version, m->name, m->applied_checksum, m->checksum);
        if (m->applied_at && pending)
            return ctl_fail(CTL_NO,
                            "%s: V%03ld (%s) was applied before an earlier one that is pending",
                            database, m->version, m->name);
        pending = pending || (!m->applied_at && !may_come_late(m));
    }
    return CTL_DONE;
}

static enum lbx_err script(struct lbx_pg *pg, const char *text) {
    char *message LBX_FREE = NULL; /* logged as well */
    return lbx_pg_script(pg, text, &message);
}

static enum lbx_err apply(struct lbx_pg *pg, const struct migration *m) {
    struct lbx_pg_pipeline record = {0};
    LBX_PG_CALL(&record, ctl_migration_record, .version = m->version, .name = m->name,
                .checksum = m->checksum);
    lbx_pg_call(&record, &lbx_sql_commit, NULL);
    enum lbx_err err = script(pg, lbx_sql_begin.text);
    if (err == LBX_OK)
        err = script(pg, m->text);
    if (err == LBX_OK)
        err = lbx_pg_run(pg, &record);
    if (err != LBX_OK)
        lbx_pg_rollback(pg);
    return err;
}

static enum ctl_exit apply_pending(struct ctl *ctl, const struct schema *schema, struct lbx_pg *pg,
                                   const struct plan *plan) {
    const char *database = schema->database->name;
    bool dry_run = ctl->options[CTL_DRY_RUN];
    size_t done = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct migration *m = &plan->list[i];
        if (m->applied_at)
            continue;
        int64_t began_at = lbx_monotonic_us();
        enum lbx_err err = dry_run ? LBX_OK : apply(pg, m);
        if (err != LBX_OK) {
            ctl_fail(CTL_NO, "%s: V%03ld (%s) failed, and was rolled back", database, m->version,
                     m->name);
            return ctl_statement_failed(schema->database, err);
        }
        if (dry_run)
            printf("%s: V%03ld %s would be applied\n", database, m->version, m->name);
        else
            printf("%s: V%03ld %s applied in %lld ms\n", database, m->version, m->name,
                   (long long)((lbx_monotonic_us() - began_at) / LBX_MS_US));
        done++;
    }
    if (!done)
        printf("%s: up to date at V%03ld\n", database, plan->list[plan->count - 1].version);
    return CTL_DONE;
}

/* Sets the longest access in a table that only the database's owner can write, so that no worker's login can extend access. */
static enum ctl_exit set_bound(struct ctl *ctl, const struct schema *schema, struct lbx_pg *pg) {
    static const struct lbx_sql *const list[] = {&sql_ctl_operator_bound, NULL};
    static const struct lbx_sql *const *const lists[] = {list, NULL};
    char longest[LBX_DURATION_SIZE];
    struct lbx_pg_pipeline calls = {0};
    if (schema->database != &ctl_lockbox || ctl->options[CTL_DRY_RUN])
        return CTL_DONE;
    lbx_duration_format(ctl->settings.grant_ttl_max, longest);
    size_t call = LBX_PG_CALL(&calls, ctl_operator_bound, .grant_ttl_max = longest);
    enum lbx_err err = lbx_pg_prepare(pg, lists);
    if (err == LBX_OK)
        err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return ctl_statement_failed(schema->database, err);
    if (lbx_pg_row_count(pg, call))
        printf("lockbox: access lasts %s at most\n", longest);
    return CTL_DONE;
}

static enum lbx_err make_ready(struct lbx_pg *pg) {
    static const struct lbx_sql *const list[] = {&sql_ctl_migration_record, NULL};
    static const struct lbx_sql *const *const lists[] = {list, NULL};
    struct lbx_pg_pipeline calls = {0};
    enum lbx_err err = script(pg, sql_ctl_migration_lock.text);
    lbx_pg_call(&calls, &sql_ctl_migration_exists, NULL);
    if (err == LBX_OK)
        err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && !LBX_PG_READ(pg, 0, 0, ctl_migration_exists, NULL).it_does)
        err = script(pg, sql_ctl_migration_table.text);
    return err == LBX_OK ? lbx_pg_prepare(pg, lists) : err;
}

static enum ctl_exit migrate(struct ctl *ctl, const struct schema *schema) {
    struct lbx_pg *pg CTL_PG = NULL;
    struct plan plan;
    enum ctl_exit code = ctl_connect(ctl, schema->database, first_question, &pg);
    if (code != CTL_DONE)
        return code;
    enum lbx_err err = ctl->options[CTL_DRY_RUN] ? LBX_OK : make_ready(pg);
    if (err == LBX_OK)
        err = read_plan(ctl, schema, pg, &plan);
    if (err != LBX_OK)
        return ctl_statement_failed(schema->database, err);
    code = refuse(schema, &plan);
    if (code == CTL_DONE)
        code = apply_pending(ctl, schema, pg, &plan);
    return code == CTL_DONE ? set_bound(ctl, schema, pg) : code;
}

enum ctl_exit ctl_db_migrate(struct ctl *ctl) {
    if (!only_is_valid(ctl))
        return CTL_USAGE;
    enum ctl_exit worst = CTL_DONE;
    for (size_t i = 0; i < SCHEMA_COUNT; i++) {
        enum ctl_exit code = is_chosen(ctl, &schemas[i]) ? migrate(ctl, &schemas[i]) : CTL_DONE;
        worst = code > worst ? code : worst;
    }
    return worst;
}

/* ---- status ---- */

/* Prints a database's version, and what to do where something is wrong. */
static void summarize(struct ctl *ctl, const struct schema *schema, const struct plan *plan,
                      struct ctl_rows *rows) {
    const char *database = schema->database->name, *worst = "applied", *applied_at = NULL;
    size_t applied = 0;
    long version = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct migration *m = &plan->list[i];
        const char *state = state_of(m);
        if (strcmp(state, "applied") != 0) {
            ctl_fail(CTL_NO, "%s: V%03ld (%s) is %s", database, m->version, m->name, state);
            worst = strcmp(worst, "applied") == 0 || strcmp(worst, "pending") == 0 ? state : worst;
        }
        if (!m->applied_at)
            continue;
        applied++;
        version = m->version > version ? m->version : version;
        applied_at =
            !applied_at || strcmp(m->applied_at, applied_at) > 0 ? m->applied_at : applied_at;
    }
    if (strcmp(worst, "pending") == 0)
        ctl_fail(CTL_NO, "%s: lockboxctl db migrate applies what is pending", database);
    const char *cells[] = {database, applied ? lbx_arena_printf(&ctl->arena, "%ld", version) : NULL,
                           worst, lbx_arena_printf(&ctl->arena, "%zu", applied), applied_at};
    ctl_rows_add(rows, cells);
}

static void list_scripts(struct ctl *ctl, const struct schema *schema, const struct plan *plan,
                         struct ctl_rows *rows) {
    for (size_t i = 0; i < plan->count; i++) {
        const struct migration *m = &plan->list[i];
        const char *checksum = m->applied_checksum ? m->applied_checksum : m->checksum;
        const char *cells[] = {
            schema->database->name,
            lbx_arena_printf(&ctl->arena, "%ld", m->version),
            m->name,
            state_of(m),
            m->applied_at,
            lbx_arena_strdup(&ctl->arena, checksum),
        };
        ctl_rows_add(rows, cells);
    }
}

static enum ctl_exit add_status(struct ctl *ctl, const struct schema *schema, struct ctl_rows *rows,
                                bool *is_current) {
    struct lbx_pg *pg CTL_PG = NULL;
    struct plan plan;
    enum ctl_exit code = ctl_connect(ctl, schema->database, first_question, &pg);
    if (code != CTL_DONE)
        return code;
    enum lbx_err err = read_plan(ctl, schema, pg, &plan);
    if (err != LBX_OK)
        return ctl_statement_failed(schema->database, err);
    (ctl->format == CTL_TABLE ? summarize : list_scripts)(ctl, schema, &plan, rows);
    for (size_t i = 0; i < plan.count; i++)
        *is_current = *is_current && strcmp(state_of(&plan.list[i]), "applied") == 0;
    return CTL_DONE;
}

enum ctl_exit ctl_db_status(struct ctl *ctl) {
    static const struct ctl_column summary[] = {
        {"database"},
        {"version", CTL_CELL_NUMBER},
        {"state", CTL_CELL_STATE},
        {"scripts", CTL_CELL_NUMBER},
        {"applied_at", CTL_CELL_TIME},
    };
    static const struct ctl_column scripts[] = {
        {"database"},
        {"version", CTL_CELL_NUMBER},
        {"name"},
        {"state", CTL_CELL_STATE},
        {"applied_at", CTL_CELL_TIME},
        {"checksum"},
    };
    if (!only_is_valid(ctl))
        return CTL_USAGE;
    struct ctl_rows rows CTL_ROWS;
    if (ctl->format == CTL_TABLE)
        CTL_ROWS_INIT(&rows, summary);
    else
        CTL_ROWS_INIT(&rows, scripts);
    bool is_current = true;
    for (size_t i = 0; i < SCHEMA_COUNT; i++) {
        enum ctl_exit code = is_chosen(ctl, &schemas[i])
                                 ? add_status(ctl, &schemas[i], &rows, &is_current)
                                 : CTL_DONE;
        if (code != CTL_DONE)
            return code;
    }
    ctl_rows_print(&rows, ctl->format);
    return is_current ? CTL_DONE : CTL_NO;
}
