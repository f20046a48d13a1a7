/*
 * Names of the fields of IP headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "icmp_message.h"
#include "ip_names.h"

static void test_tables(void **state)
{
    (void)state;
    assert_string_equal(ip_protocol_name(IP_PROTOCOL_UDP), "UDP");
    assert_string_equal(ip_protocol_name(IP_PROTOCOL_ICMPV6), "ICMPv6");
    assert_string_equal(ip_protocol_name(IP_PROTOCOL_UNASSIGNED_LAST), "Unassigned");
    for (unsigned i = 0; i <= UINT8_MAX; i++)
        assert_non_null(ip_protocol_name((uint8_t)i));
    assert_string_equal(ip_checksum_status_name(IP_CHECKSUM_BAD), "Bad");
    assert_string_equal(ip_checksum_status_name(IP_CHECKSUM_OFFLOADED), "Offloaded");
    assert_null(ip_extent_reason(IP_HEADER_WHOLE));
    assert_string_equal(ip_extent_reason(IP_HEADER_CUT), "not captured");
    assert_string_equal(icmp_type_name(4, ICMP_TYPE_ECHO), "echo request");
    assert_string_equal(icmp_type_name(6, ICMPV6_TYPE_NEIGHBOUR_SOLICITATION),
                        "neighbor solicitation");
    assert_null(icmp_type_name(4, UINT8_MAX));
}

static void test_fields(void **state)
{
    size_t count = 0;

    (void)state;
    while (ip_field_name_at(count))
        count++;
    assert_int_equal(count, 7);
    assert_string_equal(ip_field_name_at(0)->name, "type of service");
    assert_int_equal(ip_field_name_at(count - 1)->field, IP_FIELD_PAYLOAD);
}

static void test_flags(void **state)
{
    struct ip_packet packet = {.dont_fragment = true};

    (void)state;
    assert_string_equal(ip_flags_name(ip_flags(&packet)), "Don't Fragment");
    packet.more_fragments = true;
    packet.reserved_flag = true;
    assert_string_equal(ip_flags_name(ip_flags(&packet)),
                        "Reserved, Don't Fragment, More Fragments");
    assert_string_equal(ip_flags_name(0), "None");
    assert_string_equal(ip_flags_name(IP_FLAGS_MORE_FRAGMENTS), "More Fragments");
}

static void test_tos(void **state)
{
    static const struct {
        uint8_t tos;
        const char *title;
    } rows[] = {
        {0x00, "Routine"},
        {0x03, "Routine"},
        {0x60, "Flash"},
        {0xC0, "Internetwork Control"},
        {0x28, "AF11 (Priority)"},
        {0x10, "DSCP 4 (Routine, low delay)"},
        {0xBC, "DSCP 47 (CRITIC/ECP, low delay, high throughput, high reliability)"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char title[TOS_TITLE_SIZE];

        ip_tos_title(title, rows[i].tos);
        row_text(rows[i].title, title, rows[i].title);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_tos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
