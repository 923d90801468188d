/* Results of rows, kept until the database has them; and rows that the database refuses to mark, which are skipped. */
#ifndef RELAY_MARKS_H
#define RELAY_MARKS_H

#include "rows.h"

struct relay_marks {
    const char *topic_prefix; /* borrowed */
    struct relay_mark {
        enum relay_end { RELAY_DELIVERED, RELAY_PUT_OFF, RELAY_REFUSED } end;
        bool is_letter;
        int64_t id;
        const char *why; /* static text; NULL: no failure */
        int64_t
            held_since_us; /* since when another transaction locks the row, wall-clock; 0: none */
    } * list, *left_out,
        *held; /* left_out: refused by the database; held: locked by other transactions */
    size_t count, cap, telling; /* telling: number of results in the current round trip */
    size_t left_out_count, held_count;
    int64_t again_us, held_again_us; /* when these are tried again */
    struct relay_told {
        struct lbx_pg_arrays events, letters;
        struct lbx_pg_arrays put_off_events, put_off_letters, refused_events, refused_letters;
        size_t calls[3][2]; /* indexes: the result, and whether of letters */
    } told;                 /* the parameters of the current round trip */
};

/* Adds the result of a row, once for each row. The row is not kept. */
void relay_marks_delivered(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_put_off(struct relay_marks *marks, const struct relay_row *row);
void relay_marks_refused(struct relay_marks *marks, const struct relay_row *row);

bool relay_marks_any(const struct relay_marks *marks);

/* Adds the calls that write the results; they are borrowed until the round trip is over. relay_marks_told must follow a success;
 * after a failure the next call writes the same again. A row that another transaction locks is written a second later. */
void relay_marks_tell(struct relay_marks *marks, const char *holder, struct lbx_pg_pipeline *calls);
void relay_marks_told(struct relay_marks *marks, const struct lbx_pg *pg);

/* Since when another transaction locks a row to be marked, wall-clock time; 0: none does. */
int64_t relay_marks_held_since_us(const struct relay_marks *marks);

/* Whether so many rows are locked that no more should be taken. */
bool relay_marks_are_full(const struct relay_marks *marks);

/* Called after the database refused the round trip: writes the results again, fewer at a time, and skips the row that is
 * refused alone. LBX_ERR_UNAVAILABLE: not all is written. Other errors, as lbx_pg_run, are not a row's fault. */
enum lbx_err relay_marks_sort_out(struct relay_marks *marks, const char *holder, struct lbx_pg *pg)
    LBX_MUST_CHECK;

/* Skips a row that cannot be read. */
void relay_marks_leave_out(struct relay_marks *marks, bool is_letter, int64_t id);

/* Whether a row must not be taken: it is skipped, or has a result that is not written yet. */
bool relay_marks_leave(const struct relay_marks *marks, bool is_letter, int64_t id);
void relay_marks_done(struct relay_marks *marks);

#endif
