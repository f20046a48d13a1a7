/*
 * The machine's network interfaces and IP addresses, by rtnetlink. Nothing here opens a packet
 * socket, resolves a name or blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_HOST_ADDRESS_H
#define IPMON_HOST_ADDRESS_H

#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

enum {
    HARDWARE_ADDRESS_MAX = 8,
    HOST_KIND_SIZE = 16,
    /* "fe80::1%" and the longest interface name */
    HOST_ADDRESS_TEXT_SIZE = INET6_ADDRSTRLEN + IF_NAMESIZE,
};

struct host_interface {
    unsigned index;               /* the kernel's */
    unsigned flags;               /* IFF_* */
    unsigned short hardware_type; /* ARPHRD_* */
    uint8_t hardware_length;      /* bytes; 0: it has no hardware address */
    uint8_t hardware_address[HARDWARE_ADDRESS_MAX];
    char name[IF_NAMESIZE];  /* the kernel's: any bytes */
    char shown[IF_NAMESIZE]; /* the same for printing (printable.h) */
    /* That of a virtual link, such as "veth", cut off if it is long; empty: hardware, loopback. */
    char kind[HOST_KIND_SIZE];
};

struct host_address {
    int family;                             /* AF_INET or AF_INET6 */
    uint8_t bytes[sizeof(struct in6_addr)]; /* network order; the first 4 or all 16 */
    uint8_t netmask[sizeof(struct in6_addr)];
    uint8_t prefix_length; /* bits */
    unsigned interface_index;
    /*
     * Link-local ones with %interface: its name, or its index when the name has characters that are
     * not safe in a source's name.
     */
    char text[HOST_ADDRESS_TEXT_SIZE];
};

/*
 * All of them at one moment. Interfaces and addresses are sorted by interface index, the addresses
 * of one interface in the kernel's order.
 */
struct host_addresses {
    struct host_interface *interfaces;
    size_t interface_count;
    struct host_address *addresses;
    size_t address_count;
};

/* Reads the machine's state. Release with host_addresses_free also after a failure. */
bool host_addresses_read(struct host_addresses *host, struct failure *failure);

/* The same with a socket of route_dump_socket_open, for a process that can no longer open one. */
bool host_addresses_dump(struct host_addresses *host, int dump_socket, struct failure *failure);

enum host_change_kind {
    HOST_UNCHANGED,
    HOST_INTERFACE_NEW,
    HOST_INTERFACE_CHANGED, /* its name, flags or hardware address */
    HOST_INTERFACE_GONE,
    HOST_ADDRESS_NEW,
    HOST_ADDRESS_GONE,
};

/* A change of the state. */
struct host_change {
    enum host_change_kind kind;
    struct host_interface interface; /* as it is now, or was before it was deleted */
    unsigned flags_before;           /* of the interface, IFF_*; 0 for a new one */
    char shown_before[IF_NAMESIZE];  /* its name, to be printed; empty: it has not changed */
    struct host_address address;     /* the one that was added or removed */
};

/*
 * Applies a message of route_netlink.h to the state. *change: what it changed; HOST_UNCHANGED if
 * the state was the same before. Pointers into the state are invalid afterwards. Without memory the
 * message is ignored.
 */
void host_addresses_apply(struct host_addresses *host, const struct nlmsghdr *message,
                          struct host_change *change);

void host_addresses_free(struct host_addresses *host);

/*
 * Sets change->flags_before and change->shown_before of an interface that was known as `before`.
 * Returns whether it has changed.
 */
bool host_change_since(struct host_change *change, const struct host_interface *before);

/* The interface with the kernel's index, or NULL. */
const struct host_interface *host_interface_by_index(const struct host_addresses *host,
                                                     unsigned index);

/* The interface with the kernel's name, or NULL. */
const struct host_interface *host_interface_by_name(const struct host_addresses *host,
                                                    const char *name);

/* Whether a text is one of the machine's addresses, as host_address.text has it. */
bool host_has_address_text(const struct host_addresses *host, const char *text);

/*
 * The link's speed in bits per second, or 0 when the driver does not report it. control: any socket
 * of the network namespace.
 */
uint64_t host_interface_speed(int control, const struct host_interface *interface);

/*
 * The address written as `text` (numeric, any spelling; a link-local one may carry %interface, by
 * name or index, and must when it exists on several). NULL with error 1118 when it is not one of
 * this machine's.
 */
const struct host_address *host_address_find(const struct host_addresses *host, const char *text,
                                             struct failure *failure);

#endif
