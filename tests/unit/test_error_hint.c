/*
 * Hints of socket errors by their cause.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "error_hint.h"

static void test_causes(void **state)
{
    static const struct {
        enum packet_error_cause cause;
        const char *text;
    } rows[] = {
        {PACKET_ERROR_CAUSE_UNKNOWN, "Look."},
        {PACKET_ERROR_CAUSE_REFUSED_ON_THE_WAY,
         "192.0.2.1, not the target, refused it: a firewall or router."},
        {PACKET_ERROR_CAUSE_REFUSED_HERE,
         "The capturing host, not the target, refused it: see its firewall."},
        {PACKET_ERROR_CAUSE_PROHIBITED, "It is administratively prohibited by 192.0.2.1. Look."},
        {PACKET_ERROR_CAUSE_NO_NEIGHBOUR,
         "The capturing host got no ARP/ND answer from 192.0.2.2, or from the gateway to it."},
        {PACKET_ERROR_CAUSE_TRACEROUTE,
         "It answers a traceroute, whose packets are to expire on the way."},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct packet_error error = {.cause = rows[i].cause, .hint = "Look."};
        char text[ERROR_HINT_SIZE];

        error_hint_write(text, sizeof text, &error, "192.0.2.1", "192.0.2.2");
        row_text(rows[i].text, text, rows[i].text);
    }
}

static void test_resets(void **state)
{
    static const struct {
        struct tcp_signs signs;
        uint8_t version;
        const char *text;
    } rows[] = {
        {{0, 0, false}, 4, "Look."},
        {{999, 63, false}, 4, "Look."},
        {{1000, 63, false}, 4, "Look. It came after 1.0 seconds without a packet."},
        {{3600950, 0, false}, 4, "Look. It came after 3600.9 seconds without a packet."},
        {{0, 58, false},
         4,
         "Look. Its TTL 63 differs from 58 before: a box in between may have sent it."},
        {{0, 64, false},
         6,
         "Look. Its hop limit 63 differs from 64 before: a box in between may have sent it."},
        {{0, 63, true}, 4, "Look. The capture lacks the beginning: NAT or server restarted?"},
        {{2500, 58, true},
         4,
         "Look. It came after 2.5 seconds without a packet; its TTL 63 differs from 58 before: a "
         "box "
         "in between may have sent it; the capture lacks the beginning: NAT or server restarted?"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct packet_error error = {
            .cause = PACKET_ERROR_CAUSE_RESET,
            .hint = "Look.",
            .signs = rows[i].signs,
            .time_to_live = 63,
            .reporter_version = rows[i].version,
        };
        char text[ERROR_HINT_SIZE];

        error_hint_write(text, sizeof text, &error, "192.0.2.1", "192.0.2.2");
        row_text(rows[i].text, text, rows[i].text);
    }
}

/* What does not fit is left out. */
static void test_size(void **state)
{
    const struct packet_error error = {.cause = PACKET_ERROR_CAUSE_PROHIBITED, .hint = "Look."};
    char whole[ERROR_HINT_SIZE];

    (void)state;
    error_hint_write(whole, sizeof whole, &error, "192.0.2.1", "");
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char *text = test_malloc(size);

        error_hint_write(text, size, &error, "192.0.2.1", "");
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, whole, size - 1);
        test_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
