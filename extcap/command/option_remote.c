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
    VALUE_SIZE = REMOTE_HOST_SIZE + REMOTE_SOURCE_SIZE,
    DISPLAY_SIZE = VALUE_SIZE + REMOTE_INTERFACE_SIZE + sizeof ":  on ",
};

/* Whether the interface of an address has no earlier address. */
static bool is_first_of_interface(const struct remote_listing *listing, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(listing->addresses[i].interface, listing->addresses[index].interface) == 0)
            return false;
    return listing->addresses[index].interface[0] != '\0';
}

static bool has_interface(const struct remote_listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->addresses[i].interface, name) == 0)
            return true;
    return false;
}

/* Whether no earlier host has that interface. */
static bool is_first_of_hosts(const struct remote_listings *listings, size_t row, const char *name)
{
    for (size_t i = 0; i < row; i++)
        if (has_interface(&listings->rows[i], name))
            return false;
    return true;
}

/* A source of one host; without the name of the host when it is the only one. */
static void print_source(FILE *out, int number, const struct remote_listing *listing, bool is_only,
                         const char *source, const char *interface)
{
    char value[VALUE_SIZE];
    char display[DISPLAY_SIZE];

    snprintf(value, sizeof value, "%s%s%s", is_only ? "" : listing->host, is_only ? "" : "=",
             source);
    snprintf(display, sizeof display, "%s%s%s%s%s", is_only ? "" : listing->host,
             is_only ? "" : ": ", source, interface[0] != '\0' ? " on " : "", interface);
    option_print_value(out, number, value, display, false);
}

static void print_sources(FILE *out, int number, const struct remote_listing *listing, bool is_only)
{
    if (!is_only)
        print_source(out, number, listing, is_only, SOURCE_ALL, "");
    for (size_t i = 0; i < listing->count; i++)
        if (is_first_of_interface(listing, i))
            print_source(out, number, listing, is_only, listing->addresses[i].interface, "");
    for (size_t i = 0; i < listing->count; i++)
        print_source(out, number, listing, is_only, listing->addresses[i].text,
                     listing->addresses[i].interface);
}

/* An interface of several hosts, with an item for each that has it. */
static void print_interface(FILE *out, int number, const struct remote_listings *listings,
                            const char *name)
{
    char *value = NULL;
    char *display = NULL;
    size_t value_size;
    size_t display_size;
    FILE *values = open_memstream(&value, &value_size);
    FILE *displays = open_memstream(&display, &display_size);
    const char *before = "";

    if (displays)
        fprintf(displays, "%s of ", name);
    for (size_t i = 0; values && displays && i < listings->count; i++) {
        if (!has_interface(&listings->rows[i], name))
            continue;
        fprintf(values, "%s%s=%s", before, listings->rows[i].host, name);
        fprintf(displays, "%s%s", before[0] != '\0' ? ", " : "", listings->rows[i].host);
        before = " ";
    }
    if (values && displays && fclose(values) == 0 && fclose(displays) == 0)
        option_print_value(out, number, value, display, false);
    free(value);
    free(display);
}

static void print_interfaces(FILE *out, int number, const struct remote_listings *listings)
{
    for (size_t row = 0; row < listings->count; row++) {
        const struct remote_listing *listing = &listings->rows[row];

        for (size_t i = 0; i < listing->count; i++)
            if (is_first_of_interface(listing, i) &&
                is_first_of_hosts(listings, row, listing->addresses[i].interface))
                print_interface(out, number, listings, listing->addresses[i].interface);
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
 * Prints a fault as several values: Wireshark cuts off what a selector has no room for. They have
 * no value, because of those that have the chosen one Wireshark would show the last.
 */
static void print_fault(FILE *out, int number, const char *text)
{
    while (*text) {
        const size_t length = line_length(text);
        char line[LINE_WIDTH + 1];

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        option_print_value(out, number, "", line, false);
        text += length;
        text += strspn(text, " ");
    }
}

/* The default, which is shown. */
static void print_all(FILE *out, int number, const struct remote_listings *listings)
{
    const size_t faults = listings ? count_faults(listings) : 0;
    char display[DISPLAY_SIZE] = "all interfaces";

    if (faults != 0 && listings->count == 1)
        snprintf(display, sizeof display, "No list of sources: see here");
    else if (faults != 0)
        snprintf(display, sizeof display, "all interfaces; %zu of %zu hosts failed", faults,
                 listings->count);
    option_print_value(out, number, SOURCE_ALL, display, true);
}

void option_print_remote(FILE *out, int number, const struct remote_listings *listings)
{
    print_all(out, number, listings);
    if (!listings)
        return;
    for (size_t i = 0; i < listings->count; i++)
        print_fault(out, number, listings->rows[i].failure.text);
    if (listings->count > 1)
        print_interfaces(out, number, listings);
    for (size_t i = 0; i < listings->count; i++)
        if (!failure_is_set(&listings->rows[i].failure))
            print_sources(out, number, &listings->rows[i], listings->count == 1);
}
