/*
 * The sources of other machines in the options dialog.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "option_dialog.h"
#include "source_name.h"

enum {
    LINE_WIDTH = 36,          /* bytes of text that a selector has room for */
    CONTINUATION_MASK = 0xC0, /* of a byte of UTF-8 that is not the first one of a character */
    CONTINUATION = 0x80,
    /* Wireshark has no trouble with thousands of values, but nobody finds one among them. */
    VALUES_MAX = 1000,
    VALUES_OF_HOST_MAX = 200,
    VALUE_SIZE = REMOTE_HOST_SIZE + REMOTE_SOURCE_SIZE,
    DISPLAY_SIZE = VALUE_SIZE + REMOTE_INTERFACE_SIZE + sizeof ":  on ",
    NOTE_SIZE = 2 * REMOTE_HOST_SIZE + 128,
};

/* The selector that is printed. */
struct selector {
    FILE *out;
    int number; /* of its `arg` line */
    const struct remote_listings *listings;
    size_t share; /* values of each host */
};

/* A host's part of it. */
struct part {
    const struct selector *selector;
    const struct remote_listing *listing;
    size_t printed;
};

static bool names_hosts(const struct remote_listings *listings)
{
    return listings->count > 1 || listings->has_sources;
}

static const struct listed_interface *find_interface(const struct remote_listing *listing,
                                                     const char *source)
{
    for (size_t i = 0; i < listing->interface_count; i++)
        if (strcmp(listing->interfaces[i].source, source) == 0)
            return &listing->interfaces[i];
    return NULL;
}

static size_t count_hosts(const struct remote_listings *listings, size_t first, const char *source)
{
    size_t count = 0;

    for (size_t i = first; i < listings->count; i++)
        count += find_interface(&listings->rows[i], source) ? 1 : 0;
    return count;
}

static void print_source(const struct part *part, const char *source, const char *interface)
{
    const bool has_host = names_hosts(part->selector->listings);
    const char *host = has_host ? part->listing->host : "";
    char value[VALUE_SIZE];
    char display[DISPLAY_SIZE];

    snprintf(value, sizeof value, "%s%s%s", host, has_host ? "=" : "", source);
    snprintf(display, sizeof display, "%s%s%s%s%s", host, has_host ? ": " : "", source,
             interface[0] != '\0' ? " on " : "", interface);
    option_print_value(part->selector->out, part->selector->number, value, display, false);
}

/* The same for one of those that may be too many. */
static void print_listed(struct part *part, const char *source, const char *interface)
{
    if (part->printed++ < part->selector->share)
        print_source(part, source, interface);
}

static void print_interface(struct part *part, const struct listed_interface *interface)
{
    if (interface->source[0] != '\0')
        print_listed(part, interface->source, "");
}

static void print_addresses(struct part *part, const struct listed_interface *interface)
{
    for (size_t i = 0; i < interface->address_count; i++)
        print_listed(part, remote_listing_address(part->listing, interface, i), interface->shown);
}

/* What is looked for most often comes first, because the end may be cut off. */
static void print_all_listed(struct part *part)
{
    static const struct {
        enum listed_rank rank;
        void (*print)(struct part *part, const struct listed_interface *interface);
    } order[] = {
        {LISTED_HARDWARE, print_interface}, {LISTED_BRIDGE, print_interface},
        {LISTED_HARDWARE, print_addresses}, {LISTED_BRIDGE, print_addresses},
        {LISTED_GUEST, print_interface},    {LISTED_GUEST, print_addresses},
    };
    const struct remote_listing *listing = part->listing;

    for (size_t pass = 0; pass < sizeof order / sizeof *order; pass++)
        for (size_t i = 0; i < listing->interface_count; i++)
            if (listing->interfaces[i].rank == order[pass].rank)
                order[pass].print(part, &listing->interfaces[i]);
}

/* An interface of several hosts, with an item for each that has it. */
static void print_common(const struct selector *selector, const char *source)
{
    const struct remote_listings *listings = selector->listings;
    char *value = NULL;
    char *display = NULL;
    size_t value_size;
    size_t display_size;
    FILE *values = open_memstream(&value, &value_size);
    FILE *displays = open_memstream(&display, &display_size);
    const char *before = "";

    if (displays)
        fprintf(displays, "%s of ", source);
    for (size_t i = 0; values && displays && i < listings->count; i++) {
        if (!find_interface(&listings->rows[i], source))
            continue;
        fprintf(values, "%s%s=%s", before, listings->rows[i].host, source);
        fprintf(displays, "%s%s", before[0] != '\0' ? ", " : "", listings->rows[i].host);
        before = " ";
    }
    if (values && displays && fclose(values) == 0 && fclose(displays) == 0)
        option_print_value(selector->out, selector->number, value, display, false);
    free(value);
    free(display);
}

/* Whether hosts from this one on, and none before it, have that interface in common. */
static bool is_common(const struct remote_listings *listings, size_t row,
                      const struct listed_interface *interface)
{
    return interface->rank != LISTED_GUEST && interface->source[0] != '\0' &&
           count_hosts(listings, row, interface->source) > 1 &&
           count_hosts(listings, 0, interface->source) ==
               count_hosts(listings, row, interface->source);
}

static void print_common_interfaces(const struct selector *selector)
{
    const struct remote_listings *listings = selector->listings;
    size_t left = selector->share;

    for (size_t row = 0; row < listings->count; row++)
        for (size_t i = 0; left != 0 && i < listings->rows[row].interface_count; i++)
            if (is_common(listings, row, &listings->rows[row].interfaces[i])) {
                print_common(selector, listings->rows[row].interfaces[i].source);
                left--;
            }
}

static size_t count_faults(const struct remote_listings *listings)
{
    size_t count = 0;

    for (size_t i = 0; i < listings->count; i++)
        count += failure_is_set(&listings->rows[i].failure) ? 1 : 0;
    return count;
}

/* Bytes of the line that a text begins with, without the blank behind it. */
static size_t line_length(const char *text)
{
    size_t length = LINE_WIDTH;

    if (strlen(text) <= LINE_WIDTH)
        return strlen(text);
    while (length > 0 && text[length] != ' ')
        length--;
    if (length > 0)
        return length;
    for (length = LINE_WIDTH; (text[length] & CONTINUATION_MASK) == CONTINUATION;)
        length--; /* a word that is too long is cut between two characters */
    return length;
}

/*
 * Prints a text as several values: Wireshark cuts off what a selector has no room for. They have
 * no value, because of those that have the chosen one Wireshark would show the last.
 */
static void print_text(const struct selector *selector, const char *text)
{
    while (*text) {
        const size_t length = line_length(text);
        char line[LINE_WIDTH + 1];

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        option_print_value(selector->out, selector->number, "", line, false);
        text += length;
        text += strspn(text, " ");
    }
}

static void print_left_out(const struct part *part)
{
    const struct remote_listing *listing = part->listing;
    const size_t share = part->selector->share;
    const size_t count = listing->interfaces_left_out + listing->addresses_left_out +
                         (part->printed > share ? part->printed - share : 0);
    char note[NOTE_SIZE];

    if (count != 0) {
        snprintf(note, sizeof note, "%s: and %zu more; enter %s=NAME in Remote hosts for one",
                 listing->host, count, listing->host);
        print_text(part->selector, note);
    }
    if (listing->is_short) {
        snprintf(note, sizeof note, "%s: an older ipmon, which lists no more than 32 addresses",
                 listing->host);
        print_text(part->selector, note);
    }
}

static void print_host(const struct selector *selector, const struct remote_listing *listing)
{
    struct part part = {.selector = selector, .listing = listing};

    if (failure_is_set(&listing->failure))
        return;
    if (names_hosts(selector->listings))
        print_source(&part, SOURCE_ALL, "");
    print_all_listed(&part);
    print_left_out(&part);
}

/* The default, which is shown. */
static void print_all(FILE *out, int number, const struct remote_listings *listings)
{
    const size_t faults = listings ? count_faults(listings) : 0;
    const char *sources =
        listings && listings->has_sources ? "as in Remote hosts" : "all interfaces";
    char display[DISPLAY_SIZE];

    if (faults == 0)
        snprintf(display, sizeof display, "%s", sources);
    else if (listings->count == 1)
        snprintf(display, sizeof display, "No list of sources: see here");
    else
        snprintf(display, sizeof display, "%s; %zu of %zu hosts failed", sources, faults,
                 listings->count);
    option_print_value(out, number, SOURCE_ALL, display, true);
}

static size_t share_of(const struct remote_listings *listings)
{
    const size_t share = VALUES_MAX / (listings->count != 0 ? listings->count : 1);

    return share < VALUES_OF_HOST_MAX ? share : VALUES_OF_HOST_MAX;
}

void option_print_remote(FILE *out, int number, const struct remote_listings *listings)
{
    struct selector selector = {.out = out, .number = number, .listings = listings};

    print_all(out, number, listings);
    if (!listings)
        return;
    selector.share = share_of(listings);
    for (size_t i = 0; i < listings->count; i++)
        print_text(&selector, listings->rows[i].failure.text);
    print_common_interfaces(&selector);
    for (size_t i = 0; i < listings->count; i++)
        print_host(&selector, &listings->rows[i]);
}
