/* What the group gives to a process, shared out among its lanes. The clients are pretended: an eventfd each. */
#include "worker/shares.h"

#include "check.h"

#include <sys/eventfd.h>
#include <unistd.h>

enum { LANES = 3 };

static struct lbx_consumer {
    int fd;
    size_t reported;
} clients[LANES];

int __wrap_lbx_consumer_fd(const struct lbx_consumer *consumer);
void __wrap_lbx_consumer_report(struct lbx_consumer *consumer,
                                const struct lbx_partition *partitions, size_t count);

int __wrap_lbx_consumer_fd(const struct lbx_consumer *consumer) {
    return consumer->fd;
}

void __wrap_lbx_consumer_report(struct lbx_consumer *consumer,
                                const struct lbx_partition *partitions, size_t count) {
    (void)partitions;
    consumer->reported += count;
}

static bool was_woken(size_t lane) {
    eventfd_t wakes;
    return eventfd_read(clients[lane].fd, &wakes) == 0;
}

static int start(void **unused) {
    (void)unused;
    for (size_t lane = 0; lane < LANES; lane++) {
        clients[lane] = (struct lbx_consumer){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        lbx_shares_open(lane, &clients[lane]);
    }
    return 0;
}

static int stop(void **unused) {
    (void)unused;
    for (size_t lane = 0; lane < LANES; lane++) {
        lbx_shares_close(lane);
        close(clients[lane].fd);
    }
    return 0;
}

static const struct lbx_partition given[] = {{"a", 0, 0}, {"a", 1, 0}, {"a", 2, 0}, {"a", 3, 0},
                                             {"b", 0, 0}, {"b", 1, 0}, {"b", 2, 0}};

static void each_partition_is_one_lanes(void **unused) {
    (void)unused;
    struct lbx_claims claims[LANES] = {{0}};
    lbx_shares_give(given, COUNT(given), &claims[0]);
    for (size_t lane = 1; lane < LANES; lane++) {
        assert_true(was_woken(lane));
        assert_int_equal(lbx_shares_read(lane, &claims[lane]), LBX_SHARE_GIVEN);
        assert_int_equal(lbx_shares_read(lane, &claims[lane]), LBX_SHARE_SAME);
    }
    for (size_t i = 0; i < COUNT(given); i++) {
        size_t owners = 0;
        for (size_t lane = 0; lane < LANES; lane++)
            owners += lbx_claim_find(claims[lane].list, claims[lane].count, given[i].topic,
                                     given[i].id) != NULL;
        assert_int_equal(owners, 1);
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        assert_in_range(claims[lane].count, COUNT(given) / LANES, COUNT(given) / LANES + 1);
        lbx_claims_done(&claims[lane]);
    }
}

static void fewer_partitions_than_lanes(void **unused) {
    (void)unused;
    struct lbx_claims first = {0}, second = {0};
    lbx_shares_give(given, 1, &first);
    assert_int_equal(first.count, 1);
    assert_int_equal(lbx_shares_read(1, &second), LBX_SHARE_GIVEN);
    assert_int_equal(second.count, 0);
    lbx_claims_done(&first);
    lbx_claims_done(&second);
}

/* A lane that did not look meanwhile hears of the last only. */
static void what_is_taken_is_nobodys(void **unused) {
    (void)unused;
    struct lbx_claims claims = {0};
    lbx_shares_give(given, COUNT(given), &claims);
    lbx_claims_done(&claims);
    lbx_shares_take();
    assert_true(was_woken(2));
    assert_int_equal(lbx_shares_read(2, &claims), LBX_SHARE_TAKEN);
    assert_int_equal(lbx_shares_read(2, &claims), LBX_SHARE_SAME);
}

static void the_member_asks_anew_for_a_lane(void **unused) {
    (void)unused;
    assert_false(lbx_shares_asked());
    lbx_shares_ask_anew(1);
    assert_true(was_woken(0));
    assert_true(lbx_shares_asked());
    assert_false(lbx_shares_asked());
    lbx_shares_take();
    lbx_shares_ask_anew(1); /* its partitions are another lane's by now */
    assert_false(lbx_shares_asked());
}

static void the_member_reports_for_all(void **unused) {
    (void)unused;
    lbx_shares_report(given, 2);
    assert_int_equal(clients[0].reported, 2);
    lbx_shares_close(0);
    lbx_shares_report(given, 2); /* nobody is left to tell Kafka */
    assert_int_equal(clients[0].reported, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_partition_is_one_lanes, start, stop),
        cmocka_unit_test_setup_teardown(fewer_partitions_than_lanes, start, stop),
        cmocka_unit_test_setup_teardown(what_is_taken_is_nobodys, start, stop),
        cmocka_unit_test_setup_teardown(the_member_asks_anew_for_a_lane, start, stop),
        cmocka_unit_test_setup_teardown(the_member_reports_for_all, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
