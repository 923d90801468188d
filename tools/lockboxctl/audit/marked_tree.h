/* A log's tree, rebuilt from leaves, and compared with the roots that checkpoints have for it. */
#ifndef LOCKBOXCTL_AUDIT_MARKED_TREE_H
#define LOCKBOXCTL_AUDIT_MARKED_TREE_H

#include "monitor_state.h"
#include "published_logs.h"

/* The root that the tree must have at a size. */
struct mark {
    uint64_t size;
    struct lbx_hash root;
    bool seen; /* from the last run, instead of a new checkpoint */
};

struct marked_tree {
    struct lbx_edge edge;
    struct mark *marks; /* by size */
    size_t count, at;
    uint64_t size;             /* of the largest mark, where the tree ends */
    bool seen_holds, new_hold; /* so far */
    uint64_t right, wrong;     /* largest right size; smallest wrong one, 0: none */
};

/* Marks are the log's new checkpoints and the one of the last run (NULL: none), in the arena.
 * The tree starts with an edge; NULL: empty. */
struct marked_tree marked_tree_of(struct lbx_arena *arena, const struct published_log *log,
                                  const struct seen *last, const struct lbx_edge *from);

/* Appends a record's leaf at its index, which is not below the edge's size. Indexes without a record get empty leaves. */
void marked_tree_append(struct marked_tree *tree, uint64_t index, const struct lbx_hash *leaf);

/* Appends empty leaves up to the tree's size. */
void marked_tree_end(struct marked_tree *tree);

#endif
