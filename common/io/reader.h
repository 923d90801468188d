/* Reads one partition of a topic, record by record, outside of any consumer group. */
#ifndef LBX_IO_READER_H
#define LBX_IO_READER_H

#include "event/record.h"
#include "io/settings.h"

struct lbx_reader;

/* Makes the client, without connecting. group: allowed by ACLs, never joined. LBX_ERR_INVALID: a setting is refused; logged. */
enum lbx_err lbx_reader_open(const struct lbx_settings *settings, const char *client,
                             const char *group, struct lbx_reader **ret_reader) LBX_MUST_CHECK;
void lbx_reader_close(struct lbx_reader *reader);

/* Sets the longest wait for the brokers, instead of ten seconds for offsets and half a minute for records. */
void lbx_reader_wait(struct lbx_reader *reader, int most_ms);

/* The log start offset and the end offset. LBX_ERR_NOT_FOUND: there is no such partition. */
enum lbx_err lbx_reader_ends(struct lbx_reader *reader, const char *topic, int32_t partition,
                             int64_t *ret_first, int64_t *ret_behind) LBX_MUST_CHECK;

/* Starts reading the offsets [first, behind) of a partition; topic is borrowed until the next begin. */
enum lbx_err lbx_reader_begin(struct lbx_reader *reader, const char *topic, int32_t partition,
                              int64_t first, int64_t behind) LBX_MUST_CHECK;

/* The next record; its bytes live until the next call. LBX_ERR_NOT_FOUND: the end of the range.
 * LBX_ERR_UNAVAILABLE: no record came within the wait. */
enum lbx_err lbx_reader_next(struct lbx_reader *reader, struct lbx_record *ret_record)
    LBX_MUST_CHECK;

#endif
