/* Texts that live as long as the process, each kept once: for states that other threads show. */
#ifndef LBX_BASE_TEXT_POOL_H
#define LBX_BASE_TEXT_POOL_H

/* The text, as printf makes it; the same text is the same pointer. At most 255 bytes: the rest is cut off. Beyond 1,024
 * different texts, a text that says so. From any thread. */
const char *lbx_text_kept(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
