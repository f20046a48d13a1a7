/*
 * The command line and the texts that users type: any words give settings within the table's limits
 * or one printable line with the reason.
 * Input: the words, each ended by a zero byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdbool.h>

#include "mask.h"
#include "option.h"
#include "option_table.h"
#include "pcapng_writer.h"
#include "source_name.h"

enum {
    WORDS_MAX = 64,
};

static size_t split(char *text, size_t size, char **argv)
{
    static char program[] = "ipmon";
    size_t count = 0;

    argv[count++] = program;
    for (size_t at = 0; at < size && count < WORDS_MAX; at += strlen(text + at) + 1)
        argv[count++] = text + at;
    argv[count] = NULL;
    return count;
}

static void check_line(const char *line)
{
    FUZZ_CHECK(strlen(line) < FAILURE_TEXT_SIZE);
    for (const char *c = line; *c; c++)
        FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7F);
}

static bool is_within(const struct settings *settings, const struct option_row *row)
{
    uint32_t number;

    memcpy(&number, (const char *)settings + row->member, sizeof number);
    if (row->type == OPTION_UNSIGNED) /* the parser writes what 0 stands for */
        return number >= row->minimum && number <= row->maximum;
    for (const struct option_choice *choice = row->choices; choice && choice->display; choice++)
        if (choice->value == number)
            return true;
    return row->type != OPTION_SELECTOR;
}

static void check_settings(const struct settings *settings)
{
    for (const struct option_row *row = option_table; row->name; row++)
        FUZZ_CHECK(is_within(settings, row));
    FUZZ_CHECK(settings->snapshot_length > 0 && settings->snapshot_length <= PCAPNG_PACKET_MAX);
    FUZZ_CHECK(settings->action <= ACTION_HELP);
}

/* Searches an address on a machine that has some. */
static void find_address(const char *text)
{
    struct host_interface interfaces[] = {{.index = 1, .name = "lo"}, {.index = 2, .name = "eth0"}};
    struct host_address addresses[] = {
        {.family = AF_INET, .bytes = {127, 0, 0, 1}, .interface_index = 1, .text = "127.0.0.1"},
        {.family = AF_INET6, .bytes = {0xFE, 0x80}, .interface_index = 2, .text = "fe80::%eth0"},
        {.family = AF_INET6, .bytes = {0xFE, 0x80}, .interface_index = 1, .text = "fe80::%lo"},
    };
    const struct host_addresses host = {interfaces, 2, addresses, 3};
    struct failure failure = {""};
    const struct host_address *found = host_address_find(&host, text, &failure);

    FUZZ_CHECK((found == NULL) == (failure.text[0] != '\0'));
    check_line(failure.text);
}

static void mask(const char *text)
{
    char masked[FAILURE_TEXT_SIZE];

    snprintf(masked, sizeof masked, "%s", text);
    mask_text(masked, sizeof masked);
    FUZZ_CHECK(memchr(masked, '\0', sizeof masked));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    char *argv[WORDS_MAX + 1];
    struct settings settings;
    struct failure failure = {""};
    bool good;

    FUZZ_CHECK(text);
    if (size)
        memcpy(text, data, size);
    mask_enable();
    good = option_parse(&settings, (int)split(text, size, argv), argv, &failure);
    FUZZ_CHECK(good == (failure.text[0] == '\0'));
    check_line(failure.text);
    check_settings(&settings);
    source_name_kind(settings.interface);
    option_check_source(&settings, &failure);
    check_line(failure.text);
    mask(text);
    find_address(text);
    if (settings.interface)
        find_address(settings.interface);
    free(text);
    return 0;
}
