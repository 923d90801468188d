/* The fields of an X.509 certificate, read by OpenSSL. */
#ifndef LBX_IO_CERTIFICATE_H
#define LBX_IO_CERTIFICATE_H

#include "base/arena.h"

/* The common name of the subject of the first certificate in a PEM text, in the arena. NULL: there is no such
 * certificate, or it has none. */
const char *lbx_certificate_common_name(const char *pem, size_t len, struct lbx_arena *arena);

#endif
