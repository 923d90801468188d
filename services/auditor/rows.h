/* Records as rows of audit.event. */
#ifndef AUDITOR_ROWS_H
#define AUDITOR_ROWS_H

#include "auditor.h"

/* Reads each record and streams its row, so that the server stores one while the next is read. Fills the
 * entries. */
enum lbx_err auditor_rows_copy(struct auditor_batch *read) LBX_MUST_CHECK;

/* What stands around the rows in COPY's binary form, for other tables too. */
void auditor_copy_header(struct lbx_buf *out);
void auditor_copy_end(struct lbx_buf *out);

#endif
