/*
 * The sources that another machine offers, from its answer to --extcap-interfaces
 * --extcap-every-interface (action_interfaces.c):
 *
 *   extcap {version=0.3.0}{display=IP Monitor}{help=...}
 *   list {interfaces=2}{addresses=2}
 *   source {interface=lo}{display=lo}{kind=}
 *   address {value=127.0.0.1}
 *   address {value=::1}
 *   source {interface=veth1}{display=veth1}{kind=veth}
 *
 * An address belongs to the interface above it. What the counts of `list` have more than lines
 * follow was left out. An interface whose name cannot be that of a source has an empty one.
 *
 * An ipmon that does not know the option prints what Wireshark is given, a line for each of its
 * first addresses:
 *
 *   interface {value=ipmon:127.0.0.1}{display=IP Monitor on lo}
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_LISTING_H
#define IPMON_REMOTE_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "remote_host.h"

enum {
    REMOTE_INTERFACE_SIZE = 32, /* holds the name of an interface */
    REMOTE_ADDRESS_SIZE = 64,   /* holds an address with its zone */
    REMOTE_LISTED_MAX = 16384,  /* interfaces and addresses of one machine together */
};

/* How soon a list that is cut off needs an interface. */
enum listed_rank {
    LISTED_HARDWARE, /* and every other one that is neither of the following */
    LISTED_BRIDGE,
    LISTED_GUEST, /* the end of a container's line, without an address of its own */
    LISTED_RANKS,
};

/* An interface of a machine. */
struct listed_interface {
    char source[REMOTE_INTERFACE_SIZE]; /* its name as a source, printable; empty: it has none */
    char shown[REMOTE_INTERFACE_SIZE];  /* its name, printable; empty: not known */
    enum listed_rank rank;
    size_t first_address; /* its addresses are address_count of the listing from here on */
    size_t address_count;
};

struct listed_address {
    char text[REMOTE_ADDRESS_SIZE]; /* printable */
};

/* What one machine answered. */
struct remote_listing {
    char host[REMOTE_HOST_SIZE];
    struct failure failure; /* why there is no answer; there are then no interfaces */
    bool is_short;          /* of an ipmon that lists its first addresses only */
    size_t interface_count;
    size_t interface_capacity;
    struct listed_interface *interfaces; /* in the order of the answer */
    size_t address_count;
    size_t address_capacity;
    struct listed_address *addresses;
    size_t interfaces_left_out; /* of the machine, not in this listing */
    size_t addresses_left_out;
};

/*
 * Reads the answer of a host, which is untrusted: lines, between which others may stand. Fails with
 * 10022 when it is no such answer, and quotes its beginning, or with 10055 without memory. The
 * listing is all zero but for its host; free it in either case.
 */
bool remote_listing_parse(struct remote_listing *listing, const char *text,
                          struct failure *failure);

/* An address of one of the listing's interfaces; number: below its address_count. */
static inline const char *remote_listing_address(const struct remote_listing *listing,
                                                 const struct listed_interface *interface,
                                                 size_t number)
{
    return listing->addresses[interface->first_address + number].text;
}

/* Frees the interfaces and addresses, of which there are then none. */
void remote_listing_free(struct remote_listing *listing);

#endif
