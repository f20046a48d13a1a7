/*
 * Prints frames of any bytes and link type in the three forms: no access outside the frame, text
 * that is not longer than its limit, one line where one line is promised, and valid JSON.
 * Input: 1 byte the link type, 1 byte its unit of time, 8 bytes the time, 4 bytes epb_flags, 1 byte
 * how many more bytes were on the wire (in units of 16), 2 bytes the length of a comment, which the
 * frame has twice, the comment, then the frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "link_header.h"
#include "print.h"

/* A reader of JSON (RFC 8259), which only checks. Each function returns the end of what it read. */
static const char *check_value(const char *at);

static const char *check_string(const char *at)
{
    FUZZ_CHECK(*at == '"');
    for (at++; *at != '"'; at++) {
        FUZZ_CHECK((uint8_t)*at >= ' ');
        if (*at == '\\') {
            at++;
            FUZZ_CHECK(*at != '\0' && strchr("\"\\/bfnrtu", *at));
        }
    }
    return at + 1;
}

/* Integers alone are printed. */
static const char *check_number(const char *at)
{
    FUZZ_CHECK(isdigit((unsigned char)*at) && !(at[0] == '0' && isdigit((unsigned char)at[1])));
    while (isdigit((unsigned char)*at))
        at++;
    return at;
}

static const char *check_array(const char *at)
{
    do
        at = check_value(at + 1);
    while (*at == ',');
    FUZZ_CHECK(*at == ']');
    return at + 1;
}

static const char *check_object(const char *at)
{
    do {
        at = check_string(at + 1);
        FUZZ_CHECK(*at == ':');
        at = check_value(at + 1);
    } while (*at == ',');
    FUZZ_CHECK(*at == '}');
    return at + 1;
}

static const char *check_value(const char *at)
{
    static const char *const words[] = {"true", "false"};

    if (*at == '{')
        return check_object(at);
    if (*at == '[')
        return check_array(at);
    if (*at == '"')
        return check_string(at);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    return check_number(at);
}

static const char *print(print_function *function, const struct print_record *record)
{
    static char buffer[PRINT_RECORD_MAX + 1];
    struct print_clock clock = {0};
    struct text text = {buffer};

    function(&text, record, &clock);
    FUZZ_CHECK((size_t)(text.end - buffer) <= PRINT_RECORD_MAX && text.end[-1] == '\n');
    *text.end = '\0';
    FUZZ_CHECK(strlen(buffer) == (size_t)(text.end - buffer));
    return buffer;
}

static void check_record(const struct print_record *record)
{
    const char *text = print(print_line, record);

    FUZZ_CHECK(strchr(text, '\n')[1] == '\0');
    text = print(print_details, record);
    FUZZ_CHECK(strcmp(text + strlen(text) - 2, "\n\n") == 0);
    text = print(print_json, record);
    FUZZ_CHECK(strcmp(check_object(text), "\n") == 0);
}

static char *take_comment(struct fuzz_input *input)
{
    const size_t wanted = (size_t)fuzz_number(input, 2);
    const size_t length = wanted < input->left ? wanted : input->left;
    char *comment = strndup((const char *)input->data, length);

    FUZZ_CHECK(comment);
    input->data += length;
    input->left -= length;
    return comment;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t link_types[] = {
        LINK_TYPE_NULL, LINK_TYPE_ETHERNET, LINK_TYPE_PPP,  LINK_TYPE_RAW,  LINK_TYPE_LOOP,
        LINK_TYPE_SLL,  LINK_TYPE_IPV4,     LINK_TYPE_IPV6, LINK_TYPE_SLL2, 105,
    };
    struct fuzz_input input = {data, size};
    const uint64_t link = fuzz_number(&input, 1);
    const struct print_interface interface = {
        .link_type = link_types[link % (sizeof link_types / sizeof *link_types)],
        .ticks_exponent = (uint8_t)(fuzz_number(&input, 1) % 10),
        .loopback = (enum network_known)(link % 3),
    };
    struct print_frame frame = {
        .interface = &interface,
        .timestamp = fuzz_number(&input, 8),
        .flags = (uint32_t)fuzz_number(&input, 4),
        .number = link,
        .has_time = link % 2 == 0,
    };
    const uint32_t more = (uint32_t)fuzz_number(&input, 1) * 16;
    char *comment = take_comment(&input);
    const char *const comments[] = {comment, comment};
    uint8_t *bytes = fuzz_copy(input.data, input.left);
    static struct print_history history; /* of all inputs: its rows are too many to be made anew */
    struct print_record record;

    if (!history.rows)
        FUZZ_CHECK(print_history_init(&history));
    frame.bytes = bytes;
    frame.captured_length = (uint32_t)input.left;
    frame.wire_length = frame.captured_length + more;
    frame.comments = comments;
    frame.comment_count = sizeof comments / sizeof *comments;
    if (print_record_read(&record, &frame, &history)) {
        FUZZ_CHECK(link_type_is_known(interface.link_type));
        check_record(&record);
    }
    free(bytes);
    free(comment);
    return 0;
}
