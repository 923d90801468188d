/* A log's tree that is rebuilt from its leaves, and held against the roots that checkpoints say it has on the way. */
#ifndef LOCKBOXCTL_AUDIT_MARKED_TREE_H
#define LOCKBOXCTL_AUDIT_MARKED_TREE_H

#include "monitor_state.h"
#include "published_logs.h"

/* A root that the tree is to have at a size. */
struct mark {
    uint64_t size;
    struct lbx_hash root;
    bool seen; /* in the run before, not in a checkpoint that is new */
};

struct marked_tree {
    struct lbx_edge edge;
    struct mark *marks; /* by size */
    size_t count, at;
    uint64_t size;             /* of the largest mark: where the tree ends */
    bool seen_holds, new_hold; /* so far */
    uint64_t right, wrong;     /* the largest mark that holds; the first that does not, 0: all do */
};

/* The log's new checkpoints and the one that was seen last (NULL: none) are its marks. It goes on from an edge; NULL: it
 * begins empty. The marks live in the arena. */
struct marked_tree marked_tree_of(struct lbx_arena *arena, const struct published_log *log,
                                  const struct seen *last, const struct lbx_edge *from);

/* A record's leaf at its index, which is no smaller than the edge's size: what no record stands for in between is empty. */
void marked_tree_append(struct marked_tree *tree, uint64_t index, const struct lbx_hash *leaf);

/* No record follows: the tree grows to its size. */
void marked_tree_end(struct marked_tree *tree);

#endif
