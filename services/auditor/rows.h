/* Records as rows of audit.event. */
#ifndef AUDITOR_ROWS_H
#define AUDITOR_ROWS_H

#include "auditor.h"

/* Reads each record and streams its row, so that the server stores one while the next is read. Fills the
 * entries. */
enum lbx_err auditor_rows_copy(struct auditor_batch *read) LBX_MUST_CHECK;

/* COPY's binary form, for other tables too. */
void auditor_copy_header(struct lbx_buf *out);
void auditor_copy_end(struct lbx_buf *out);
void auditor_add_bytes(struct lbx_buf *out, const void *bytes, size_t len); /* NULL: SQL NULL */
void auditor_add_text(struct lbx_buf *out, const char *text);               /* NULL: SQL NULL */
void auditor_add_int16(struct lbx_buf *out, int16_t value);
void auditor_add_int32(struct lbx_buf *out, int32_t value);
void auditor_add_int64(struct lbx_buf *out, int64_t value);

#endif
