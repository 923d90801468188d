/* One partition of a topic as it lies in Kafka, record by record, outside of any group. */
#ifndef LBX_IO_READER_H
#define LBX_IO_READER_H

#include "event/record.h"
#include "io/settings.h"

struct lbx_reader;

/* group: one whose name the principal may use; nothing joins it. Opening reaches no broker yet. LBX_ERR_INVALID: the client refuses a setting; logged. */
enum lbx_err lbx_reader_open(const struct lbx_settings *settings, const char *client,
                             const char *group, struct lbx_reader **ret_reader) LBX_MUST_CHECK;
void lbx_reader_close(struct lbx_reader *reader);

/* Has each call wait this long for the brokers at most, instead of ten seconds for ends and half a minute for records. */
void lbx_reader_wait(struct lbx_reader *reader, int most_ms);

/* The first offset that is there, and the one behind the last. LBX_ERR_NOT_FOUND: no such partition. */
enum lbx_err lbx_reader_ends(struct lbx_reader *reader, const char *topic, int32_t partition,
                             int64_t *ret_first, int64_t *ret_behind) LBX_MUST_CHECK;

/* From now on lbx_reader_next reads [first, behind) of this partition; topic is borrowed as long. */
enum lbx_err lbx_reader_begin(struct lbx_reader *reader, const char *topic, int32_t partition,
                              int64_t first, int64_t behind) LBX_MUST_CHECK;

/* The next record, whose bytes live until the next call. LBX_ERR_NOT_FOUND: there are no more.
 * LBX_ERR_UNAVAILABLE: the brokers sent nothing for as long. */
enum lbx_err lbx_reader_next(struct lbx_reader *reader, struct lbx_record *ret_record)
    LBX_MUST_CHECK;

#endif
