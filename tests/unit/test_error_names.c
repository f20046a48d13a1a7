/*
 * Names of socket errors and of who reports them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "error_names.h"

static void test_names(void **state)
{
    static const struct packet_error refused = {.errno_name = "ECONNREFUSED", .text = "refused"};
    static const struct packet_error end = {.text = "end of stream"};
    static const struct packet_error ignored = {.ignored = "closed", .errno_name = "ECONNRESET"};

    (void)state;
    assert_string_equal(error_name(&refused), "ECONNREFUSED");
    assert_string_equal(error_name(&end), "end of stream");
    assert_string_equal(error_name(&ignored), "");
}

static void test_reporters(void **state)
{
    (void)state;
    assert_null(error_reporter_kind(PACKET_ERROR_REPORTER_NONE));
    assert_string_equal(error_reporter_kind(PACKET_ERROR_REPORTER_TARGET), "target");
    assert_string_equal(error_reporter_kind(PACKET_ERROR_REPORTER_NEIGHBOUR_TABLE),
                        "capturing host's neighbour table");
}

static void test_summary(void **state)
{
    static const struct {
        struct packet_error error;
        const char *summary;
    } rows[] = {
        {{.errno_name = "ECONNREFUSED",
          .errno_value = 111,
          .winsock = 10061,
          .text = "port unreachable"},
         "ECONNREFUSED (111), WSAECONNREFUSED (10061): port unreachable"},
        {{.errno_name = "EPROTO", .errno_value = 71, .text = "parameter problem", .likely = true},
         "EPROTO (71), likely: parameter problem"},
        {{.winsock = 10054, .text = "reset"}, "WSAECONNRESET (10054): reset"},
        {{.text = "end of stream"}, ": end of stream"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[ERROR_SUMMARY_SIZE];

        error_summary(text, &rows[i].error);
        row_text(rows[i].summary, text, rows[i].summary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_reporters),
        cmocka_unit_test(test_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
