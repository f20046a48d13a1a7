/*
 * The sources of other machines: in the options dialog of ipmon:remote, and in --list-sources.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "action.h"
#include "console.h"
#include "mask.h"
#include "option.h"
#include "option_dialog.h"
#include "remote_query.h"
#include "source_name.h"

static void mask_faults(struct remote_listings *listings)
{
    for (size_t i = 0; i < listings->count; i++)
        mask_text(listings->rows[i].failure.text, sizeof listings->rows[i].failure.text);
}

/* A list whose only row is a fault that concerns no single host. */
static void print_fault(const struct settings *settings, const struct failure *failure)
{
    struct remote_listing listing = {.failure = *failure};
    const struct remote_listings listings = {.count = 1, .rows = &listing};

    option_print_config(stdout, SOURCE_KIND_REMOTE, NULL, &listings, settings->reload_option);
}

static void print_reloaded(const struct settings *settings)
{
    struct remote_listings listings;
    struct failure failure = {""};

    if (remote_listings_read(&listings, settings->remote_hosts, settings->remote_command,
                             &failure)) {
        mask_faults(&listings);
        option_print_config(stdout, SOURCE_KIND_REMOTE, NULL, &listings, settings->reload_option);
    } else {
        mask_text(failure.text, sizeof failure.text);
        print_fault(settings, &failure);
    }
    remote_listings_free(&listings);
}

int action_remote_config(const struct settings *settings)
{
    if (settings->reload_option && strstr(settings->reload_option, "remote-source"))
        print_reloaded(settings);
    else
        option_print_config(stdout, SOURCE_KIND_REMOTE, NULL, NULL, settings->reload_option);
    return 0;
}

/* The host as -i takes it: an IPv6 address in brackets. */
static void print_host(const char *host)
{
    const char *at = strrchr(host, '@');
    const char *address = at ? at + 1 : host;

    if (strchr(address, ':') && !strstr(address, "://"))
        printf("%.*s[%s]", (int)(address - host), host, address);
    else
        fputs(host, stdout);
}

static void print_interface(const struct remote_listing *listing,
                            const struct listed_interface *interface)
{
    print_host(listing->host);
    printf(":%s", interface->source);
    for (size_t i = 0; i < interface->address_count; i++)
        printf("%s%s", i == 0 ? " " : ", ", remote_listing_address(listing, interface, i));
    putchar('\n');
}

/* One whose name cannot be that of a source: by its addresses. */
static void print_without_source(const struct remote_listing *listing,
                                 const struct listed_interface *interface)
{
    const char *shown = interface->shown[0] != '\0' ? interface->shown : "?";

    for (size_t i = 0; i < interface->address_count; i++) {
        print_host(listing->host);
        printf(":%s (%s)\n", remote_listing_address(listing, interface, i), shown);
    }
    if (interface->address_count == 0) {
        print_host(listing->host);
        printf(": %s is captured by all only, for no source can have this name\n", shown);
    }
}

static void print_left_out(const struct remote_listing *listing)
{
    if (listing->interfaces_left_out + listing->addresses_left_out != 0) {
        print_host(listing->host);
        printf(": and %zu more interfaces, %zu more addresses\n", listing->interfaces_left_out,
               listing->addresses_left_out);
    }
    if (listing->is_short) {
        print_host(listing->host);
        puts(": an older ipmon, which lists no more than 32 addresses");
    }
}

static int print_listing(const struct remote_listing *listing)
{
    if (failure_is_set(&listing->failure))
        return console_print_failure(&listing->failure);
    for (size_t i = 0; i < listing->interface_count; i++)
        if (listing->interfaces[i].source[0] != '\0')
            print_interface(listing, &listing->interfaces[i]);
        else
            print_without_source(listing, &listing->interfaces[i]);
    print_left_out(listing);
    print_host(listing->host);
    puts(":" SOURCE_ALL " (every interface)");
    return 0;
}

int action_remote_sources(const struct settings *settings)
{
    struct remote_listings listings;
    struct failure failure = {""};
    int status = 0;

    if (!remote_listings_read(&listings, settings->remote_hosts, settings->remote_command,
                              &failure))
        status = console_print_failure(&failure);
    for (size_t i = 0; i < listings.count; i++)
        status |= print_listing(&listings.rows[i]);
    remote_listings_free(&listings);
    return status;
}
