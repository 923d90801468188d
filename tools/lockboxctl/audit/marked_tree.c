/* Builds a log's tree leaf by leaf, and compares its root at each size with a mark. Promises to
 * print nothing: the results are in the struct. Cannot fail. */
#include "marked_tree.h"

#include <stdlib.h>

static int by_size(const void *a, const void *b) {
    const struct mark *x = a, *y = b;
    return (x->size > y->size) - (x->size < y->size);
}

struct marked_tree marked_tree_of(struct lbx_arena *arena, const struct published_log *log,
                                  const struct seen *last, const struct lbx_edge *from) {
    struct marked_tree t = {.size = last ? last->size : 0, .seen_holds = true, .new_hold = true};
    lbx_edge_init(&t.edge);
    if (from)
        t.edge = *from;
    t.marks = LBX_ARENA_ARRAY(arena, struct mark, log->count + 1);
    for (size_t i = 0; i < log->count; i++)
        if (log->list[i].size >= t.edge.size)
            t.marks[t.count++] = (struct mark){log->list[i].size, log->list[i].root, false};
    if (last)
        t.marks[t.count++] = (struct mark){last->size, last->root, true};
    qsort(t.marks, t.count, sizeof *t.marks, by_size);
    if (t.count && t.marks[t.count - 1].size > t.size)
        t.size = t.marks[t.count - 1].size;
    return t;
}

static void compare(struct marked_tree *t, const struct mark *mark) {
    struct lbx_hash root;
    lbx_edge_root(&t->edge, &root);
    if (lbx_hash_equal(&root, &mark->root)) {
        t->right = mark->size;
        return;
    }
    t->seen_holds &= !mark->seen;
    t->new_hold &= mark->seen;
    if (!t->wrong)
        t->wrong = mark->size;
}

static void append_holes(struct marked_tree *t, uint64_t size) {
    if (size > t->edge.size)
        lbx_edge_append_empty(&t->edge, size - t->edge.size);
}

/* Appends empty leaves up to a size, and compares the marks on the way. */
static void grow_to(struct marked_tree *t, uint64_t size) {
    for (; t->at < t->count && t->marks[t->at].size <= size; t->at++) {
        append_holes(t, t->marks[t->at].size);
        compare(t, &t->marks[t->at]);
    }
    append_holes(t, size);
}

void marked_tree_append(struct marked_tree *t, uint64_t index, const struct lbx_hash *leaf) {
    grow_to(t, index);
    lbx_edge_append(&t->edge, leaf);
}

void marked_tree_end(struct marked_tree *t) {
    grow_to(t, t->size);
}
