/* An export as anybody may hand it over: a tar archive that is verified. It is judged, whatever it is. */
#include "audit/pack.h"
#include "audit/unpack.h"

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    (void)format;
    return code;
}

static enum ctl_exit look_at(void *context, const struct packed *file) {
    (void)context;
    assert(strlen(file->name) < 260 && file->bytes);
    return CTL_DONE;
}

static void verify(const char *path) {
    struct ctl ctl = {.args = {path}};
    struct lbx_buf out LBX_BUF = {0};
    ctl.settings.checkpoint_vkeys_file = ctl.settings.checkpoint_key_file =
        ctl.settings.witness_policy_file = "";
    lbx_arena_init(&ctl.arena);
    ctl_put_into(&out);
    enum ctl_exit code = verify_export(&ctl);
    assert(code == CTL_DONE || code == CTL_NO || code == CTL_USAGE);
    ctl_put_into(NULL);
    lbx_arena_done(&ctl.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int file = -1;
    static char path[64];
    if (file < 0)
        file = memfd_create("export", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    assert(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    (void)pack_each(path, look_at, NULL);
    verify(path);
    return 0;
}
