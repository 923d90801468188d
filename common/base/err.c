/* The texts of the error codes, from the list in err.h. Cannot fail. */
#include "base/err.h"

const char *lbx_err_text(enum lbx_err err) {
    static const char *const texts[] = {
#define LBX_ERR_TEXT(name, text) [LBX_ERR_##name] = text,
        LBX_ERR_LIST(LBX_ERR_TEXT)
#undef LBX_ERR_TEXT
    };
    return texts[err];
}
