/* The clusters file: each cluster of a file that is taken is found by its id, and what pins keys has one. */
#include "clusters/clusters.h"

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    const int file = memfd_create("clusters", 0);
    assert(file >= 0 && write(file, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct lbx_clusters *clusters = NULL;
    struct lbx_reason reason = {{0}};
    if (lbx_clusters_read(path, NULL, &clusters, &reason) != LBX_OK) {
        assert(*reason.text);
        close(file);
        return 0;
    }
    for (size_t i = 0; i < clusters->count; i++) {
        const struct lbx_cluster *it = &clusters->list[i];
        assert(lbx_clusters_find(clusters, it->id, strlen(it->id)) == it);
        assert(!it->trust.approvers ||
               (it->trust.approver_count && it->trust.approvers[0].key_count));
    }
    lbx_clusters_release(clusters);
    close(file);
    return 0;
}
