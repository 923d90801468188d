/* The transparency logs in the audit store's tables: heads, tiles, checkpoints. None of it is
 * trusted. */
#ifndef LOCKBOXCTL_AUDIT_STORED_LOGS_H
#define LOCKBOXCTL_AUDIT_STORED_LOGS_H

#include "database.h"
#include "tlog/note.h"

struct log {
    const char *topic;
    int32_t partition;
    bool has_head; /* otherwise only other tables have it */
    int64_t base, rows;
    uint64_t size;
    struct lbx_edge edge;
    bool edge_fits; /* edge has the length for the size */
    char origin[LBX_NOTE_NAME_SIZE];
    bool is_checkpoints; /* the topic of checkpoints, which is not signed */
};

struct logs {
    struct log *list; /* by topic and partition */
    size_t count;
    int64_t last_checkpoint; /* number of the newest checkpoint; later ones are of later heads */
    bool narrowed;           /* this login sees one tenant's records, or none */
};

void logs_done(struct logs *logs);
#define LOGS LBX_CLEANUP(logs_done)

extern const struct lbx_sql *const *const proof_statements[]; /* lists and list ended by NULL */

/* Connects, and prepares the statements of this folder. */
enum ctl_exit proof_connect(const struct ctl *ctl, struct lbx_pg **ret_pg);

/* Runs one statement; prints errors. */
enum ctl_exit proof_ask(struct lbx_pg *pg, const struct lbx_sql *sql, const void *params);
#define PROOF_ASK(pg, statement, ...)                                                              \
    proof_ask((pg), &sql_##statement, &(const struct sql_##statement##_params){__VA_ARGS__})

/* Begins a read-only transaction with a snapshot, and reads all heads. */
enum ctl_exit logs_load(struct ctl *ctl, struct lbx_pg *pg, struct logs *ret_logs);

/* CTL_UNREACHABLE, with the error printed: the login does not see every tenant's records, so
 * that others would count as missing. */
enum ctl_exit logs_need_all(const struct logs *logs);

/* Gives another connection the same snapshot. */
enum ctl_exit logs_share(struct lbx_pg *with, struct lbx_pg *pg);

/* The log of a partition; NULL: none. */
const struct log *logs_find(const struct logs *logs, const char *topic, int32_t partition);
const struct log *logs_by_origin(const struct logs *logs, const char *origin);

/* Decodes hexadecimal text of PostgreSQL's encode. False: it is not of `len` bytes. */
bool from_hex(const char *hex, void *ret_bytes, size_t len);

/* ---- a log's hashes ---- */

/* Hashes from tiles, and for the leaves behind the last full tile from rows. */
struct log_hashes {
    struct lbx_pg *pg;
    const struct log *log;
    struct cached_tile *cache;
    struct lbx_hash_source source;
};

void log_hashes_init(struct log_hashes *hashes, struct lbx_pg *pg, const struct log *log);
void log_hashes_done(struct log_hashes *hashes);
#define LOG_HASHES LBX_CLEANUP(log_hashes_done)

/* ---- checkpoints ---- */

struct stored_checkpoint {
    int64_t number;
    uint64_t size;
    const char *origin, *root_hex, *key_id, *note; /* valid as long as the result */
    bool told; /* read from its topic, and not signed here; has no number */
};

/* Queries at most `most` checkpoints larger than a size, with a number up to last_number, by
 * size. They are in pg's last result. */
enum ctl_exit checkpoints_ask(struct lbx_pg *pg, const struct log *log, uint64_t behind_size,
                              size_t most, int64_t last_number, size_t *ret_count);
struct stored_checkpoint checkpoint_at(const struct lbx_pg *pg, size_t row);

/* Queries the smallest checkpoint of at least that size. It is in pg's last result, which has no
 * row if there is none. */
enum ctl_exit checkpoint_covering(struct lbx_pg *pg, const struct log *log, uint64_t size,
                                  bool *ret_any);
enum ctl_exit checkpoint_newest(struct lbx_pg *pg, const struct log *log, bool *ret_any);

#endif
