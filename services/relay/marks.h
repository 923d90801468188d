/* What the database is to be told of rows that ended, kept until it has been. */
#ifndef RELAY_MARKS_H
#define RELAY_MARKS_H

#include "rows.h"

struct relay_marks {
    const char *topic_prefix; /* borrowed */
    struct relay_marked {
        struct lbx_pg_arrays events, letters;
        struct lbx_pg_arrays put_off_events, put_off_letters, refused_events, refused_letters;
    } next, telling; /* telling: under way, or to be told once more */
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
void relay_marks_done(struct relay_marks *marks);

#endif
