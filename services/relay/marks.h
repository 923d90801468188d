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
        int64_t
            held_since_us; /* that another transaction holds the row, on the real clock; 0: none does */
    } * list, *left_out,
        *held; /* left_out: the database refuses them; held: others hold their rows */
    size_t count, cap, telling; /* telling: the first ones, under way or to be told once more */
    size_t left_out_count, held_count;
    int64_t again_us, held_again_us; /* when these are tried again */
    struct relay_told {
        struct lbx_pg_arrays events, letters;
        struct lbx_pg_arrays put_off_events, put_off_letters, refused_events, refused_letters;
        size_t calls[3][2]; /* by the end, and whether of letters */
    } told;                 /* what is under way, as statements take it */
};

/* Each row once; it is read, and not kept. */
void relay_marks_delivered(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_put_off(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_refused(struct relay_marks *marks, const struct relay_row *row);

bool relay_marks_any(const struct relay_marks *marks);

/* Adds the calls that tell; borrowed until the round trip is over. Where it succeeded, relay_marks_told; where not, the
 * next call tells the same once more. What another transaction holds is kept, and told a second later. */
void relay_marks_tell(struct relay_marks *marks, const char *holder, struct lbx_pg_pipeline *calls);
void relay_marks_told(struct relay_marks *marks, const struct lbx_pg *pg);

/* Since when, on the real clock, another transaction holds a row that is to be marked; 0: none does. */
int64_t relay_marks_held_since_us(const struct relay_marks *marks);

/* Whether so many rows are held that no more should be taken. */
bool relay_marks_are_full(const struct relay_marks *marks);

/* Behind a round trip that the database refused: tells the same by itself, and by ever fewer rows; what is refused alone is left
 * out. LBX_ERR_UNAVAILABLE: not all is told. Other errors as lbx_pg_run's: it is no row's fault. */
enum lbx_err relay_marks_sort_out(struct relay_marks *marks, const char *holder, struct lbx_pg *pg)
    LBX_MUST_CHECK;

/* Leaves a row out that cannot be read. */
void relay_marks_leave_out(struct relay_marks *marks, bool is_letter, int64_t id);

/* Whether a row is left out, or ended and is not marked yet: Kafka may have it, and it is not to be taken. */
bool relay_marks_leave(const struct relay_marks *marks, bool is_letter, int64_t id);
void relay_marks_done(struct relay_marks *marks);

#endif
