/* The store's transparency logs, as its tables have them: heads, tiles, checkpoints. None of it is
 * trusted. */
#ifndef LOCKBOXCTL_AUDIT_STORED_LOGS_H
#define LOCKBOXCTL_AUDIT_STORED_LOGS_H

#include "database.h"
#include "tlog/note.h"

struct log {
    const char *topic;
    int32_t partition;
    bool has_head; /* else only other tables know of it */
    int64_t base, rows;
    uint64_t size;
    struct lbx_edge edge;
    bool edge_fits; /* the size */
    char origin[LBX_NOTE_NAME_SIZE];
    bool is_checkpoints; /* the topic that has no checkpoints of its own */
};

struct logs {
    struct log *list; /* by topic and partition */
    size_t count;
    int64_t last_checkpoint; /* the newest one's number; later ones are of later heads */
    bool narrowed;           /* this login sees one tenant's records, or none */
};

void logs_done(struct logs *logs);
#define LOGS LBX_CLEANUP(logs_done)

extern const struct lbx_sql *const *const proof_statements[]; /* NULL-ended list of lists */

/* Connects with every statement of this folder prepared. */
enum ctl_exit proof_connect(const struct ctl *ctl, struct lbx_pg **ret_pg);

/* One call and its answer; says what went wrong. */
enum ctl_exit proof_ask(struct lbx_pg *pg, const struct lbx_sql *sql, const void *params);
#define PROOF_ASK(pg, statement, ...)                                                              \
    proof_ask((pg), &sql_##statement, &(const struct sql_##statement##_params){__VA_ARGS__})

/* Begins a read-only transaction that sees one moment, and reads all heads. */
enum ctl_exit logs_load(struct ctl *ctl, struct lbx_pg *pg, struct logs *ret_logs);

/* CTL_UNREACHABLE, and says so, where the login does not see every tenant's records: what such a login does not see
 * would count as missing. */
enum ctl_exit logs_need_all(const struct logs *logs);

/* Another connection sees the same moment from now on. */
enum ctl_exit logs_share(struct lbx_pg *with, struct lbx_pg *pg);

/* NULL: none. */
const struct log *logs_find(const struct logs *logs, const char *topic, int32_t partition);
const struct log *logs_by_origin(const struct logs *logs, const char *origin);

/* Hexadecimal text as PostgreSQL's encode gives it; false where it does not fill `len` bytes. */
bool from_hex(const char *hex, void *ret_bytes, size_t len);

/* ---- a log's hashes ---- */

/* Hashes from tiles, and for the leaves behind the last full one from the records' own. */
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
    const char *origin, *root_hex, *key_id, *note; /* as long as the result they were read from */
    bool told; /* read on its topic, and not signed here; it has no number */
};

/* Up to `most` behind a size, numbered up to last_number, by size, into the result of pg's last
 * call. */
enum ctl_exit checkpoints_ask(struct lbx_pg *pg, const struct log *log, uint64_t behind_size,
                              size_t most, int64_t last_number, size_t *ret_count);
struct stored_checkpoint checkpoint_at(const struct lbx_pg *pg, size_t row);

/* The smallest of at least that size, into the result of pg's last call; its row count tells
 * whether there is one. */
enum ctl_exit checkpoint_covering(struct lbx_pg *pg, const struct log *log, uint64_t size,
                                  bool *ret_any);
enum ctl_exit checkpoint_newest(struct lbx_pg *pg, const struct log *log, bool *ret_any);

#endif
