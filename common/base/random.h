/* Bytes from the kernel's generator, getrandom(2). */
#ifndef LBX_BASE_RANDOM_H
#define LBX_BASE_RANDOM_H

#include <stddef.h>

/* Fills len bytes; ends the process where the kernel has none to give. */
void lbx_random_bytes(void *bytes, size_t len);

#endif
