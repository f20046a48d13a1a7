/*
 * What another machine sends for a list of its sources, what ssh prints there, and the lines that
 * Wireshark is given for it.
 * Input: how many bytes standard error has (two bytes, little-endian), these, and the answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "option_dialog.h"
#include "remote_fault.h"
#include "remote_listing.h"

static void check_text(const char *text)
{
    FUZZ_CHECK(text[0] != '\0' && !strpbrk(text, "\r\n\033"));
}

static void check_listing(const struct remote_listing *listing)
{
    FUZZ_CHECK(listing->count <= REMOTE_LISTED_MAX);
    for (size_t i = 0; i < listing->count; i++) {
        FUZZ_CHECK(remote_source_is_address(listing->addresses[i].text));
        FUZZ_CHECK(!strpbrk(listing->addresses[i].text, "{}\r\n "));
        FUZZ_CHECK(!strpbrk(listing->addresses[i].interface, "{}\r\n"));
    }
}

/* Every line is a value whole in itself: braces of the host cannot end it. */
static void check_lines(const char *text)
{
    for (; *text; text = strchr(text, '\n') + 1) {
        const size_t length = strcspn(text, "\n");
        size_t braces = 0;

        FUZZ_CHECK(text[length] == '\n' && strncmp(text, "value {arg=1}{value=", 20) == 0);
        for (size_t i = 0; i < length; i++)
            braces += text[i] == '{' || text[i] == '}';
        FUZZ_CHECK(braces == 8);
    }
}

static void print(struct remote_listing rows[2])
{
    const struct remote_listings listings = {2, rows};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    FUZZ_CHECK(out);
    option_print_remote(out, 1, &listings);
    fclose(out);
    check_lines(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct remote_listing rows[2] = {{.host = "web1"}, {.host = "alice@web2"}};
    size_t said_length = size < 2 ? 0 : (size_t)(data[0] | data[1] << 8);
    char *said;
    char *answer;

    if (size < 2)
        return 0;
    if (said_length > size - 2)
        said_length = size - 2;
    said = strndup((const char *)data + 2, said_length);
    answer = strndup((const char *)data + 2 + said_length, size - 2 - said_length);
    remote_fault_set(&rows[0].failure,
                     &(struct remote_reason){.host = rows[0].host,
                                             .destination = rows[0].host,
                                             .said = said,
                                             .status = data[0],
                                             .more = data[1] % 2 ? "; more" : ""});
    check_text(rows[0].failure.text);
    if (!remote_listing_parse(&rows[1], answer, &rows[1].failure))
        check_text(rows[1].failure.text);
    check_listing(&rows[1]);
    print(rows);
    free(said);
    free(answer);
    return 0;
}
