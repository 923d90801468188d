/* What note.c and checkpoint.c read a text with, line by line. */
#ifndef LBX_TLOG_NOTE_TEXT_H
#define LBX_TLOG_NOTE_TEXT_H

#include "tlog/note.h"

/* What is still to be read. */
struct lbx_note_text {
    const char *at, *end;
};

/* The next line, without its newline. False: there is none that ends in one. */
bool lbx_note_text_line(struct lbx_note_text *text, const char **ret_line, size_t *ret_len);

/* False: the text does not go on with the prefix. */
bool lbx_note_text_skip(struct lbx_note_text *text, const char *prefix);

#endif
