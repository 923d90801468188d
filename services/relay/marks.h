/* What the database is to be told of rows that ended, kept until it has been; and the rows of which it takes nothing, left out. */
#ifndef RELAY_MARKS_H
#define RELAY_MARKS_H

#include "rows.h"

struct relay_marks {
    const char *topic_prefix; /* borrowed */
    struct relay_mark {
        enum relay_end { RELAY_DELIVERED, RELAY_PUT_OFF, RELAY_REFUSED } end;
        bool is_letter;
        int64_t id;
        const char *why; /* static text; NULL: it did not fail */
    } * list, *left_out; /* left_out: the database refuses them */
    size_t count, cap, telling,
        left_out_count; /* telling: the first ones, under way or to be told once more */
    int64_t again_us;   /* when those left out are tried again */
    struct relay_told {
        struct lbx_pg_arrays events, letters;
        struct lbx_pg_arrays put_off_events, put_off_letters, refused_events, refused_letters;
    } told; /* what is under way, as statements take it */
};

/* Each row once; it is read, and not kept. */
void relay_marks_delivered(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_put_off(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_refused(struct relay_marks *marks, const struct relay_row *row);

bool relay_marks_any(const struct relay_marks *marks);

/* Adds the calls that tell; borrowed until the round trip is over. Where it succeeded, relay_marks_told; where not, the
 * next call tells the same once more. */
void relay_marks_tell(struct relay_marks *marks, const char *holder, struct lbx_pg_pipeline *calls);
void relay_marks_told(struct relay_marks *marks);

/* Behind a round trip that the database refused: tells the same by itself, and by ever fewer rows; what is refused alone is left
 * out. LBX_ERR_UNAVAILABLE: not all is told. Other errors as lbx_pg_run's: it is no row's fault. */
enum lbx_err relay_marks_sort_out(struct relay_marks *marks, const char *holder, struct lbx_pg *pg)
    LBX_MUST_CHECK;

/* Leaves a row out that cannot be read. */
void relay_marks_leave_out(struct relay_marks *marks, bool is_letter, int64_t id);

/* Whether a row is left out: Kafka may have it, and it is not to be taken. */
bool relay_marks_leave(const struct relay_marks *marks, bool is_letter, int64_t id);
void relay_marks_done(struct relay_marks *marks);

#endif
