/*
 * The names of the TOS byte's parts against the RFCs' own lists, every value of them, and values
 * beyond the range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "type_of_service.h"

/* RFC 791 section 3.1 */
static const char *const precedences[] = {
    "Routine",
    "Priority",
    "Immediate",
    "Flash",
    "Flash Override",
    "CRITIC/ECP",
    "Internetwork Control",
    "Network Control",
};

/* RFC 3168 section 5, figure 1: the bits ECT, CE; 01 is ECT(1), 10 is ECT(0) */
static const char *const ecns[] = {"Not-ECT", "ECT(1)", "ECT(0)", "Congestion Experienced"};

static const struct {
    const char *binary; /* as the RFCs write it */
    const char *name;
} dscps[] = {
    {"000000", "Default"},     {"001000", "CS1"},  {"010000", "CS2"},
    {"011000", "CS3"},         {"100000", "CS4"},  {"101000", "CS5"},
    {"110000", "CS6"},         {"111000", "CS7"}, /* RFC 2474 */
    {"001010", "AF11"},        {"001100", "AF12"}, {"001110", "AF13"},
    {"010010", "AF21"},        {"010100", "AF22"}, {"010110", "AF23"},
    {"011010", "AF31"},        {"011100", "AF32"}, {"011110", "AF33"},
    {"100010", "AF41"},        {"100100", "AF42"}, {"100110", "AF43"}, /* RFC 2597 */
    {"101100", "VOICE-ADMIT"}, {"101110", "EF"},                       /* RFC 5865, 3246 */
    {"000001", "LE"},                                                  /* RFC 8622 */
};

static unsigned from_binary(const char *digits)
{
    unsigned number = 0;

    for (; *digits; digits++)
        number = number * 2 + (*digits == '1');
    return number;
}

static void test_precedence(void **state)
{
    (void)state;
    assert_int_equal(ROWS(precedences), TOS_PRECEDENCES);
    for (unsigned value = 0; value <= UINT8_MAX; value++)
        row_text("precedence", tos_precedence_name((uint8_t)value), precedences[value & 7]);
}

static void test_dscp(void **state)
{
    const char *expected[UINT8_MAX + 1] = {NULL};

    (void)state;
    for (size_t i = 0; i < ROWS(dscps); i++)
        expected[from_binary(dscps[i].binary)] = dscps[i].name;
    for (unsigned value = 0; value <= UINT8_MAX; value++)
        row_text("dscp", tos_dscp_name((uint8_t)value), expected[value]);
}

static void test_ecn(void **state)
{
    (void)state;
    assert_int_equal(ROWS(ecns), TOS_ECNS);
    for (unsigned value = 0; value <= UINT8_MAX; value++)
        row_text("ecn", tos_ecn_name((uint8_t)value), ecns[value & 3]);
}

/* The two readings each share out the whole byte; RFC 791 leaves the last two bits alone. */
static void test_masks(void **state)
{
    const unsigned old[] = {TOS_PRECEDENCE_MASK, TOS_DELAY_MASK, TOS_THROUGHPUT_MASK,
                            TOS_RELIABILITY_MASK};
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(old); i++) {
        assert_int_equal(seen & old[i], 0);
        seen |= old[i];
    }
    assert_int_equal(seen, 0xFC);
    assert_int_equal(TOS_DSCP_MASK & TOS_ECN_MASK, 0);
    assert_int_equal(TOS_DSCP_MASK | TOS_ECN_MASK, 0xFF);
    assert_int_equal(TOS_PRECEDENCE_MASK >> TOS_PRECEDENCE_SHIFT, TOS_PRECEDENCES - 1);
    assert_int_equal(TOS_DSCP_MASK >> TOS_DSCP_SHIFT, TOS_DSCPS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_dscp),
        cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_masks),
    };

    return cmocka_run_group_tests_name("type_of_service", tests, NULL, NULL);
}
