/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_listing.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "printable.h"
#include "source_name.h"

enum {
    QUOTE_MAX = 80,
    KIND_SIZE = 32,
};

#define VERSION_LINE "extcap {version="
#define LIST_LINE "list {interfaces="
#define SOURCE_LINE "source {interface="
#define ADDRESS_LINE "address {value="
#define SHORT_LINE "interface {value=" SOURCE_PREFIX
#define SHORT_DISPLAY "}{display=IP Monitor on "

/* A listing that is being made. */
struct reading {
    struct remote_listing *listing;
    bool is_list; /* the line with the version was there */
    bool has_counts;
    bool is_full; /* what follows is left out */
    bool no_memory;
    size_t interfaces; /* of the machine, as it says */
    size_t addresses;
    size_t interface_lines;
    size_t address_lines;
};

/*
 * Copies what stands in front of the brace that ends a value, and moves the text there. Returns
 * false when nothing ends it, or when it is long.
 */
static bool copy_value(char *copy, size_t size, const char **text)
{
    const size_t length = strcspn(*text, "{}\r\n");

    copy[0] = '\0';
    if ((*text)[length] != '}' || length >= size)
        return false;
    memcpy(copy, *text, length);
    copy[length] = '\0';
    *text += length;
    return true;
}

static bool skip(const char **text, const char *word)
{
    if (strncmp(*text, word, strlen(word)) != 0)
        return false;
    *text += strlen(word);
    return true;
}

/* Makes room for one more element; false: the listing is full, or there is no memory. */
static bool reserve(struct reading *reading, void **array, size_t count, size_t *capacity,
                    size_t size)
{
    const struct remote_listing *listing = reading->listing;
    void *grown;

    if (listing->interface_count + listing->address_count == REMOTE_LISTED_MAX)
        reading->is_full = true;
    if (reading->is_full)
        return false;
    grown = array_reserve(*array, count, capacity, size);
    if (!grown)
        reading->is_full = reading->no_memory = true;
    else
        *array = grown;
    return grown != NULL;
}

static struct listed_interface *add_interface(struct reading *reading)
{
    struct remote_listing *listing = reading->listing;
    void *interfaces = listing->interfaces;
    struct listed_interface *interface;

    if (!reserve(reading, &interfaces, listing->interface_count, &listing->interface_capacity,
                 sizeof *listing->interfaces))
        return NULL;
    listing->interfaces = interfaces;
    interface = &listing->interfaces[listing->interface_count++];
    *interface = (struct listed_interface){.first_address = listing->address_count};
    return interface;
}

static struct listed_interface *latest(const struct remote_listing *listing)
{
    return listing->interface_count != 0 ? &listing->interfaces[listing->interface_count - 1]
                                         : NULL;
}

/* Adds an address to the latest interface. */
static void add_address(struct reading *reading, const char *text)
{
    struct remote_listing *listing = reading->listing;
    void *addresses = listing->addresses;

    if (!reserve(reading, &addresses, listing->address_count, &listing->address_capacity,
                 sizeof *listing->addresses))
        return;
    listing->addresses = addresses;
    snprintf(listing->addresses[listing->address_count++].text, REMOTE_ADDRESS_SIZE, "%s", text);
    latest(listing)->address_count++;
}

/* Whether a text can be given as a source by who reads it. */
static bool is_source(const char *text)
{
    char shown[REMOTE_ADDRESS_SIZE];

    printable_copy(shown, sizeof shown, text);
    return strcmp(shown, text) == 0 && remote_source_is_single(text);
}

static bool copy_address(char text[REMOTE_ADDRESS_SIZE], const char **line)
{
    return copy_value(text, REMOTE_ADDRESS_SIZE, line) && is_source(text);
}

static void take_version(struct reading *reading, const char *text)
{
    (void)text;
    reading->is_list = true;
}

/* Takes a number and moves the text behind it; 0: there is none. */
static size_t take_number(const char **text)
{
    const size_t digits = strspn(*text, "0123456789");
    const unsigned long number = digits != 0 ? strtoul(*text, NULL, 10) : 0;

    *text += digits;
    return number < UINT32_MAX ? number : UINT32_MAX;
}

static void take_counts(struct reading *reading, const char *text)
{
    reading->has_counts = true;
    reading->interfaces = take_number(&text);
    if (skip(&text, "}{addresses="))
        reading->addresses = take_number(&text);
}

static void set_names(struct listed_interface *interface, const char *source, const char *shown)
{
    printable_copy(interface->shown, sizeof interface->shown, shown);
    if (is_source(source))
        snprintf(interface->source, sizeof interface->source, "%s", source);
}

static bool is_called(const struct listed_interface *interface, const char *name)
{
    char shown[REMOTE_INTERFACE_SIZE];

    printable_copy(shown, sizeof shown, name);
    return strcmp(interface->shown, shown) == 0;
}

static enum listed_rank rank_of(const char *kind)
{
    static const struct {
        const char *kind;
        enum listed_rank rank;
    } ranks[] = {{"bridge", LISTED_BRIDGE}, {"veth", LISTED_GUEST}};

    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (strcmp(kind, ranks[i].kind) == 0)
            return ranks[i].rank;
    return LISTED_HARDWARE;
}

static void take_interface(struct reading *reading, const char *text)
{
    struct listed_interface *interface = add_interface(reading);
    char source[REMOTE_INTERFACE_SIZE];
    char shown[REMOTE_INTERFACE_SIZE];
    char kind[KIND_SIZE];

    reading->interface_lines++;
    if (!interface)
        return;
    copy_value(source, sizeof source, &text);
    if (!skip(&text, "}{display=") || !copy_value(shown, sizeof shown, &text))
        shown[0] = '\0';
    set_names(interface, source, shown);
    if (skip(&text, "}{kind=") && copy_value(kind, sizeof kind, &text))
        interface->rank = rank_of(kind);
}

/* Only an address that no other interface has is written without the name of its interface. */
static void take_address(struct reading *reading, const char *line)
{
    struct listed_interface *interface = latest(reading->listing);
    char text[REMOTE_ADDRESS_SIZE];

    if (!interface || !copy_address(text, &line))
        return;
    reading->address_lines++;
    add_address(reading, text);
    if (interface->rank == LISTED_GUEST && !strchr(text, '%'))
        interface->rank = LISTED_HARDWARE;
}

/* An address and its interface, unless it is one of the words for several addresses or for none. */
static void take_short(struct reading *reading, const char *line)
{
    struct listed_interface *interface = latest(reading->listing);
    char text[REMOTE_ADDRESS_SIZE];
    char shown[REMOTE_INTERFACE_SIZE];

    if (!copy_address(text, &line))
        return;
    reading->address_lines++;
    if (!skip(&line, SHORT_DISPLAY) || !copy_value(shown, sizeof shown, &line))
        shown[0] = '\0';
    if (!interface || !is_called(interface, shown)) {
        interface = add_interface(reading);
        if (!interface)
            return;
        set_names(interface, shown, shown);
    }
    add_address(reading, text);
}

/* Lines of the two kinds of answer are not mixed: counts come before what they count. */
static void take_line(struct reading *reading, const char *line)
{
    static const struct {
        const char *beginning;
        bool is_behind_counts;
        void (*take)(struct reading *reading, const char *text);
    } lines[] = {
        {LIST_LINE, false, take_counts},
        {SHORT_LINE, false, take_short},
        {SOURCE_LINE, true, take_interface},
        {ADDRESS_LINE, true, take_address},
    };

    if (skip(&line, VERSION_LINE))
        take_version(reading, line);
    for (size_t i = 0; reading->is_list && i < sizeof lines / sizeof *lines; i++)
        if (lines[i].is_behind_counts == reading->has_counts && skip(&line, lines[i].beginning)) {
            lines[i].take(reading, line);
            return;
        }
}

static bool refuse(const struct remote_listing *listing, const char *text, struct failure *failure)
{
    const size_t quoted = strcspn(text, "\r\n");

    if (text[0] == '\0')
        return failure_set_errno(failure, EINVAL,
                                 "%s: the command there printed no list of sources", listing->host);
    return failure_set_errno(failure, EINVAL,
                             "%s: the command there printed no list of sources, but '%.*s'",
                             listing->host, (int)(quoted < QUOTE_MAX ? quoted : QUOTE_MAX), text);
}

static size_t left_out(size_t of_machine, size_t lines, size_t listed)
{
    const size_t count = of_machine > lines ? of_machine : lines;

    return count > listed ? count - listed : 0;
}

bool remote_listing_parse(struct remote_listing *listing, const char *text, struct failure *failure)
{
    struct reading reading = {.listing = listing};

    for (const char *line = text; *line;) {
        const char *end = strchrnul(line, '\n');

        take_line(&reading, line);
        line = *end ? end + 1 : end;
    }
    if (!reading.is_list)
        return refuse(listing, text, failure);
    if (reading.no_memory)
        return failure_set_errno(failure, ENOMEM, "%s: no memory for its list of sources",
                                 listing->host);
    listing->is_short = !reading.has_counts;
    listing->interfaces_left_out =
        left_out(reading.interfaces, reading.interface_lines, listing->interface_count);
    listing->addresses_left_out =
        left_out(reading.addresses, reading.address_lines, listing->address_count);
    return true;
}

void remote_listing_free(struct remote_listing *listing)
{
    free(listing->interfaces);
    free(listing->addresses);
    listing->interfaces = NULL;
    listing->addresses = NULL;
    listing->interface_count = listing->interface_capacity = 0;
    listing->address_count = listing->address_capacity = 0;
}
