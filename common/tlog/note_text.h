/* Reads a text line by line, for note.c and checkpoint.c. */
#ifndef LBX_TLOG_NOTE_TEXT_H
#define LBX_TLOG_NOTE_TEXT_H

#include "tlog/note.h"

/* The rest of a text. */
struct lbx_note_text {
    const char *at, *end;
};

/* Takes the next line, without its newline. False: no newline follows. */
bool lbx_note_text_line(struct lbx_note_text *text, const char **ret_line, size_t *ret_len);

/* Skips the prefix. False: the text does not begin with it. */
bool lbx_note_text_skip(struct lbx_note_text *text, const char *prefix);

#endif
