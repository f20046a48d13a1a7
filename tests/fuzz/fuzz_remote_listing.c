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
    size_t next = 0;

    FUZZ_CHECK(listing->interface_count + listing->address_count <= REMOTE_LISTED_MAX);
    for (size_t i = 0; i < listing->interface_count; i++) {
        const struct listed_interface *interface = &listing->interfaces[i];

        FUZZ_CHECK(interface->source[0] == '\0' || remote_source_is_single(interface->source));
        FUZZ_CHECK(!strpbrk(interface->source, "{}\r\n "));
        FUZZ_CHECK(!strpbrk(interface->shown, "{}\r\n\033"));
        FUZZ_CHECK(interface->rank < LISTED_RANKS && interface->first_address == next);
        next += interface->address_count;
    }
    FUZZ_CHECK(next == listing->address_count);
    for (size_t i = 0; i < listing->address_count; i++) {
        FUZZ_CHECK(remote_source_is_single(listing->addresses[i].text));
        FUZZ_CHECK(!strpbrk(listing->addresses[i].text, "{}\r\n \033"));
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
    const struct remote_listings listings = {false, 2, rows};
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
    remote_listing_free(&rows[1]);
    free(said);
    free(answer);
    return 0;
}
