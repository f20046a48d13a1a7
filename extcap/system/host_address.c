/*
 * Interfaces and addresses from rtnetlink messages. Not by getifaddrs(3), which names an IPv4
 * address after its label instead of its interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "host_address.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ip_address.h"
#include "log.h"
#include "printable.h"
#include "route_netlink.h"
#include "socket_error.h"

enum {
    ATTRIBUTE_MAX = IFA_MAX > IFLA_LINKINFO ? IFA_MAX : IFLA_LINKINFO, /* none above is read */
};

struct attributes {
    const struct rtattr *of[ATTRIBUTE_MAX + 1]; /* by type; NULL: absent */
};

/* left: bytes from the first attribute on */
static void sort_attributes(struct attributes *found, const struct rtattr *attribute, int left)
{
    memset(found, 0, sizeof *found);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        unsigned type = attribute->rta_type & NLA_TYPE_MASK;

        if (type <= ATTRIBUTE_MAX)
            found->of[type] = attribute;
    }
}

static void find_attributes(struct attributes *found, const struct nlmsghdr *message,
                            size_t header_length)
{
    sort_attributes(found,
                    (const void *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(header_length)),
                    (int)message->nlmsg_len - (int)NLMSG_SPACE(header_length));
}

static size_t payload_length(const struct rtattr *attribute)
{
    return attribute ? RTA_PAYLOAD(attribute) : 0;
}

/* Makes space for an element at `at`, the rest moves up; NULL without memory. */
static void *insert_at(void *array, size_t count, size_t size, size_t at)
{
    char *grown = realloc(array, (count + 1) * size);

    if (grown)
        memmove(grown + (at + 1) * size, grown + at * size, (count - at) * size);
    return grown;
}

static void remove_at(void *array, size_t *count, size_t size, size_t at)
{
    char *bytes = array;

    (*count)--;
    memmove(bytes + at * size, bytes + (at + 1) * size, (*count - at) * size);
}

static size_t interface_place(const struct host_addresses *host, unsigned index)
{
    size_t at = 0;

    while (at < host->interface_count && host->interfaces[at].index < index)
        at++;
    return at;
}

static void copy_text(char *text, size_t size, const struct rtattr *attribute)
{
    snprintf(text, size, "%.*s", (int)payload_length(attribute),
             attribute ? (const char *)RTA_DATA(attribute) : "");
}

static void set_kind(struct host_interface *interface, const struct rtattr *link_information)
{
    struct attributes attributes;

    if (!link_information)
        return;
    sort_attributes(&attributes, RTA_DATA(link_information), (int)RTA_PAYLOAD(link_information));
    copy_text(interface->kind, sizeof interface->kind, attributes.of[IFLA_INFO_KIND]);
}

static bool parse_interface(struct host_interface *interface, const struct nlmsghdr *message)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    struct attributes attributes;
    size_t hardware_length;

    find_attributes(&attributes, message, sizeof *link);
    hardware_length = payload_length(attributes.of[IFLA_ADDRESS]);
    /* Bridges report their ports in messages of another family, which are not about the link. */
    if (link->ifi_family != AF_UNSPEC || payload_length(attributes.of[IFLA_IFNAME]) == 0)
        return false;
    memset(interface, 0, sizeof *interface);
    interface->index = (unsigned)link->ifi_index;
    interface->flags = link->ifi_flags;
    interface->hardware_type = link->ifi_type;
    if (hardware_length > 0 && hardware_length <= HARDWARE_ADDRESS_MAX) {
        interface->hardware_length = (uint8_t)hardware_length;
        memcpy(interface->hardware_address, RTA_DATA(attributes.of[IFLA_ADDRESS]), hardware_length);
    }
    copy_text(interface->name, sizeof interface->name, attributes.of[IFLA_IFNAME]);
    set_kind(interface, attributes.of[IFLA_LINKINFO]);
    printable_copy(interface->shown, sizeof interface->shown, interface->name);
    return true;
}

static bool same_interface(const struct host_interface *a, const struct host_interface *b)
{
    return a->index == b->index && a->flags == b->flags && a->hardware_type == b->hardware_type &&
           a->hardware_length == b->hardware_length &&
           memcmp(a->hardware_address, b->hardware_address, sizeof a->hardware_address) == 0 &&
           strcmp(a->name, b->name) == 0;
}

bool host_change_since(struct host_change *change, const struct host_interface *before)
{
    change->flags_before = before->flags;
    if (strcmp(before->name, change->interface.name) != 0)
        memcpy(change->shown_before, before->shown, sizeof change->shown_before);
    return !same_interface(before, &change->interface);
}

/* The part behind the % of an address: the name, or the index when the name is not safe there. */
static const char *zone_of(const struct host_interface *interface, char *number, size_t size)
{
    static const char unsafe[] = "{},"; /* to Wireshark's parsers of sentences and of lists */

    if (strcmp(interface->shown, interface->name) == 0 && !strpbrk(interface->name, unsafe))
        return interface->name;
    snprintf(number, size, "%u", interface->index);
    return number;
}

static void set_text(struct host_address *address, const struct host_interface *zone)
{
    char number[INET6_ADDRSTRLEN];
    char index[IF_NAMESIZE];

    inet_ntop(address->family, address->bytes, number, sizeof number);
    snprintf(address->text, sizeof address->text, "%s%s%s", number, zone ? "%" : "",
             zone ? zone_of(zone, index, sizeof index) : "");
}

/* The texts of its addresses have the new name. */
static void follow_name(struct host_addresses *host, const struct host_interface *renamed)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (host->addresses[i].interface_index == renamed->index &&
            strchr(host->addresses[i].text, '%'))
            set_text(&host->addresses[i], renamed);
}

static void apply_link(struct host_addresses *host, const struct nlmsghdr *message,
                       struct host_change *change)
{
    size_t at;
    bool known;
    struct host_interface *interfaces;

    if (!parse_interface(&change->interface, message))
        return;
    at = interface_place(host, change->interface.index);
    known = at < host->interface_count && host->interfaces[at].index == change->interface.index;
    if (message->nlmsg_type == RTM_DELLINK) {
        if (!known)
            return;
        remove_at(host->interfaces, &host->interface_count, sizeof *host->interfaces, at);
        change->kind = HOST_INTERFACE_GONE;
        return;
    }
    if (known) {
        if (host_change_since(change, &host->interfaces[at]))
            change->kind = HOST_INTERFACE_CHANGED;
        host->interfaces[at] = change->interface;
        if (change->shown_before[0] != '\0')
            follow_name(host, &change->interface);
        return;
    }
    interfaces = insert_at(host->interfaces, host->interface_count, sizeof *interfaces, at);
    if (!interfaces)
        return;
    interfaces[at] = change->interface;
    host->interfaces = interfaces;
    host->interface_count++;
    change->kind = HOST_INTERFACE_NEW;
}

static void set_netmask(struct host_address *address)
{
    for (unsigned bit = 0; bit < address->prefix_length && bit < 8 * sizeof address->netmask; bit++)
        address->netmask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static bool is_link_local(const struct host_address *address)
{
    return address->family == AF_INET6 && ip_address_is_link_local(6, address->bytes);
}

/* The local address: on point-to-point links IFA_ADDRESS is the other end's. */
static bool parse_address(struct host_address *address, const struct nlmsghdr *message)
{
    const struct ifaddrmsg *header = NLMSG_DATA(message);
    size_t length =
        header->ifa_family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    struct attributes attributes;
    const struct rtattr *local;

    find_attributes(&attributes, message, sizeof *header);
    local = attributes.of[IFA_LOCAL] ? attributes.of[IFA_LOCAL] : attributes.of[IFA_ADDRESS];
    if ((header->ifa_family != AF_INET && header->ifa_family != AF_INET6) ||
        payload_length(local) != length || header->ifa_prefixlen > 8 * length)
        return false;
    memset(address, 0, sizeof *address);
    address->family = header->ifa_family;
    address->interface_index = header->ifa_index;
    address->prefix_length = header->ifa_prefixlen;
    memcpy(address->bytes, RTA_DATA(local), length);
    set_netmask(address);
    return true;
}

static bool same_address(const struct host_address *left, const struct host_address *right)
{
    return left->family == right->family &&
           memcmp(left->bytes, right->bytes, sizeof left->bytes) == 0;
}

/* Where the address stands, or, when it is not there, behind the last one of its interface. */
static size_t address_place(const struct host_addresses *host, const struct host_address *address,
                            bool *known)
{
    size_t place = 0;

    *known = false;
    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_address *other = &host->addresses[i];

        if (other->interface_index == address->interface_index && same_address(other, address) &&
            other->prefix_length == address->prefix_length) {
            *known = true;
            return i;
        }
        if (other->interface_index <= address->interface_index)
            place = i + 1;
    }
    return place;
}

static void apply_address(struct host_addresses *host, const struct nlmsghdr *message,
                          struct host_change *change)
{
    const struct host_interface *interface;
    struct host_address *addresses;
    bool known;
    size_t at;

    if (!parse_address(&change->address, message))
        return;
    interface = host_interface_by_index(host, change->address.interface_index);
    set_text(&change->address, is_link_local(&change->address) ? interface : NULL);
    if (interface)
        change->interface = *interface;
    at = address_place(host, &change->address, &known);
    if (message->nlmsg_type == RTM_DELADDR) {
        if (!known)
            return;
        remove_at(host->addresses, &host->address_count, sizeof *host->addresses, at);
        change->kind = HOST_ADDRESS_GONE;
        return;
    }
    if (known) /* lifetimes and flags change often */
        return;
    addresses = insert_at(host->addresses, host->address_count, sizeof *addresses, at);
    if (!addresses)
        return;
    addresses[at] = change->address;
    host->addresses = addresses;
    host->address_count++;
    change->kind = HOST_ADDRESS_NEW;
}

void host_addresses_apply(struct host_addresses *host, const struct nlmsghdr *message,
                          struct host_change *change)
{
    memset(change, 0, sizeof *change);
    if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
        apply_link(host, message, change);
    else
        apply_address(host, message, change);
}

/* An address may be on several interfaces (unnumbered links): then the text has the interface. */
static void qualify_duplicates(struct host_addresses *host)
{
    for (size_t i = 0; i < host->address_count; i++) {
        struct host_address *address = &host->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(host, address->interface_index);
        bool duplicate = false;

        for (size_t j = 0; j < host->address_count && !duplicate; j++)
            duplicate = j != i && same_address(&host->addresses[j], address) &&
                        host->addresses[j].interface_index != address->interface_index;
        if (duplicate && interface)
            set_text(address, interface);
    }
}

static void apply_dumped(void *context, const struct nlmsghdr *message)
{
    struct host_change ignored;

    host_addresses_apply(context, message, &ignored);
}

static void clear(void *context)
{
    host_addresses_free(context);
}

bool host_addresses_dump(struct host_addresses *host, int dump_socket, struct failure *failure)
{
    memset(host, 0, sizeof *host);
    if (!route_dump(dump_socket, clear, apply_dumped, host, failure))
        return false;
    qualify_duplicates(host);
    return true;
}

bool host_addresses_read(struct host_addresses *host, struct failure *failure)
{
    int dump_socket = route_dump_socket_open(failure);
    bool read;

    memset(host, 0, sizeof *host);
    if (dump_socket < 0)
        return false;
    read = host_addresses_dump(host, dump_socket, failure);
    close(dump_socket);
    return read;
}

void host_addresses_free(struct host_addresses *host)
{
    free(host->interfaces);
    free(host->addresses);
    memset(host, 0, sizeof *host);
}

const struct host_interface *host_interface_by_index(const struct host_addresses *host,
                                                     unsigned index)
{
    for (size_t i = 0; i < host->interface_count; i++)
        if (host->interfaces[i].index == index)
            return &host->interfaces[i];
    return NULL;
}

const struct host_interface *host_interface_by_name(const struct host_addresses *host,
                                                    const char *name)
{
    for (size_t i = 0; i < host->interface_count; i++)
        if (strcmp(host->interfaces[i].name, name) == 0)
            return &host->interfaces[i];
    return NULL;
}

bool host_has_address_text(const struct host_addresses *host, const char *text)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (strcmp(host->addresses[i].text, text) == 0)
            return true;
    return false;
}

uint64_t host_interface_speed(int control, const struct host_interface *interface)
{
    struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
    struct ifreq request = {.ifr_data = (void *)&command};
    uint32_t megabits = 0;

    /* Not from /sys, which may show another network namespace than ours. */
    memcpy(request.ifr_name, interface->name, sizeof request.ifr_name);
    if (ioctl(control, SIOCETHTOOL, &request) == 0)
        megabits = ethtool_cmd_speed(&command);
    return megabits == (uint32_t)SPEED_UNKNOWN ? 0 : (uint64_t)megabits * 1000000;
}

/* The address to find, perhaps of one interface only. */
struct wanted_address {
    char number[INET6_ADDRSTRLEN]; /* the part before the % */
    const char *zone;              /* the part behind it, or NULL */
    struct host_address address;   /* family and bytes */
    bool (*is_zone)(const struct host_interface *interface, const char *zone);
};

static bool parse_wanted(struct wanted_address *wanted, const char *text)
{
    const char *percent = strchr(text, '%');
    size_t length = percent ? (size_t)(percent - text) : strlen(text);

    *wanted = (struct wanted_address){.zone = percent ? percent + 1 : NULL};
    if (length >= sizeof wanted->number)
        return false;
    memcpy(wanted->number, text, length);
    wanted->address.family = strchr(wanted->number, ':') ? AF_INET6 : AF_INET;
    return inet_pton(wanted->address.family, wanted->number, wanted->address.bytes) == 1;
}

static bool has_name(const struct host_interface *interface, const char *zone)
{
    return strcmp(zone, interface->name) == 0;
}

static bool has_index(const struct host_interface *interface, const char *zone)
{
    char number[IF_NAMESIZE];

    snprintf(number, sizeof number, "%u", interface->index);
    return strcmp(zone, number) == 0;
}

/* *elsewhere: another interface has it; *ambiguous: several that may be meant have it. */
static const struct host_address *search(const struct host_addresses *host,
                                         const struct wanted_address *wanted, bool *elsewhere,
                                         bool *ambiguous)
{
    const struct host_address *found = NULL;

    for (size_t i = 0; i < host->address_count; i++) {
        const struct host_address *address = &host->addresses[i];
        const struct host_interface *interface =
            host_interface_by_index(host, address->interface_index);

        if (!same_address(address, &wanted->address))
            continue;
        if (wanted->zone && (!interface || !wanted->is_zone(interface, wanted->zone)))
            *elsewhere = true;
        else if (!found)
            found = address;
        else if (found->interface_index != address->interface_index)
            *ambiguous = true;
    }
    return found;
}

const struct host_address *host_address_find(const struct host_addresses *host, const char *text,
                                             struct failure *failure)
{
    struct wanted_address wanted;
    const struct host_address *found;
    bool elsewhere = false;
    bool ambiguous = false;

    if (!parse_wanted(&wanted, text)) {
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "'%s' is not a numeric IP address; see 'ipmon --list-addresses'", text);
        return NULL;
    }
    wanted.is_zone = has_name;
    found = search(host, &wanted, &elsewhere, &ambiguous);
    wanted.is_zone = has_index; /* an interface may be called by a number, too */
    if (!found && wanted.zone)
        found = search(host, &wanted, &elsewhere, &ambiguous);
    if (ambiguous) {
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "%s is an address of several interfaces, write %s%%INTERFACE; "
                    "see 'ipmon --list-addresses'",
                    text, wanted.number);
        return NULL;
    }
    if (!found) {
        log_event(host->address_count == 0 ? EVENT_IN_PCBBIND_NOADDR
                  : elsewhere              ? EVENT_IN_CONTROL_NOIFDATA
                                           : EVENT_IN_PCBBIND_BADADDR,
                  "%s is not an address of this machine", text);
        failure_set(failure, SOCKET_ERROR_INVALID_LOCAL_HOST,
                    "%s is not an address of this machine (EADDRNOTAVAIL); "
                    "see 'ipmon --list-addresses'",
                    text);
    }
    return found;
}
