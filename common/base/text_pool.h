/* Texts that live as long as the process, each stored once: for states that other threads read. */
#ifndef LBX_BASE_TEXT_POOL_H
#define LBX_BASE_TEXT_POOL_H

/* The text that printf makes; equal texts have one pointer. At most 255 bytes, the rest is cut
 * off. After 1,024 different texts it returns a text that says so. From any thread. */
const char *lbx_text_kept(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
