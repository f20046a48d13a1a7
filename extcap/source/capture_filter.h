/*
 * Programs for the kernel's packet filter. A program first selects the packets that the capture
 * source receives, then applies the user's capture filter. A capture filter that the kernel does
 * not accept is run in user space on each packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_FILTER_H
#define IPMON_CAPTURE_FILTER_H

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "host_address.h"

/* Logged when an expression runs in user space. */
#define CAPTURE_FILTER_HERE                                                                        \
    "the kernel does not take the capture filter: ipmon runs it on each packet"

/* The packets for a packet socket (SOCK_DGRAM, bytes from the IP header on). */
struct capture_filter_request {
    const char *expression; /* libpcap syntax for LINKTYPE_RAW; NULL or empty: everything */
    const struct bpf_program *compiled; /* the same from capture_filter_prepare; NULL: compile it */
    uint32_t snapshot_length;           /* bytes to keep of an accepted packet */
    unsigned loopback_index;  /* its packets come twice: the outgoing copy is refused; 0: none */
    unsigned interface_index; /* only this interface and the loopback; 0: every interface */
    bool other_hosts;         /* also packets addressed to other hosts' link-layer addresses */
    bool of_addresses;        /* only packets from or to one of the following */
    const struct host_address *addresses;
    size_t address_count;
};

struct capture_filter {
    struct sock_fprog program;      /* for the kernel */
    unsigned short prologue_length; /* instructions of it in front of the expression */
    bool has_expression;
    struct bpf_program expression; /* for capture_filter_matches; bf_len 0: the kernel runs it */
};

/*
 * Compiles an expression for later requests, when the process cannot compile any more. NULL or an
 * empty one makes an empty program. Fails with 10022 when it is not valid for IP packets. Release
 * with pcap_freecode.
 */
bool capture_filter_prepare(struct bpf_program *compiled, const char *expression,
                            uint32_t snapshot_length, struct failure *failure);

/*
 * Compiles the request. Only IPv4 and IPv6 pass. An expression too long for the kernel is left to
 * capture_filter_matches. Release with capture_filter_free, also after a failure. Fails with 10022
 * when the expression is not valid for IP packets, or when there are more addresses than a program
 * can hold.
 * Frames whose protocol is a VLAN tag always pass, regardless of addresses and expression: the
 * receiver has to find the IP header (vlan_tag.h) and to test the packet. They are cut after
 * VLAN_TAGS_LENGTH + snapshot_length bytes, or not at all if there is an expression.
 */
bool capture_filter_build(struct capture_filter *filter,
                          const struct capture_filter_request *request, struct failure *failure);

/*
 * Attaches the filter to a socket. An expression that the kernel refuses (protochain, or more than
 * net.core.optmem_max bytes) is left to capture_filter_matches from then on.
 */
bool capture_filter_attach(struct capture_filter *filter, int descriptor, struct failure *failure);

/* Makes a socket receive nothing more; packets received before can still be read. */
void capture_filter_refuse_all(int descriptor);

/*
 * Makes a packet socket receive each loopback packet once, without the outgoing copy. The filter
 * that is attached stays in effect. Returns false, errno set, when the kernel refuses the program.
 */
bool capture_filter_refuse_copies(int descriptor, unsigned loopback_index);

/* Leaves the expression, if there is one, to capture_filter_matches. */
bool capture_filter_to_user_space(struct capture_filter *filter, struct failure *failure);

/* Whether the expression is left to capture_filter_matches. */
static inline bool capture_filter_in_user_space(const struct capture_filter *filter)
{
    return filter->expression.bf_len != 0;
}

/* Runs an expression that capture_filter_prepare compiled; an empty one accepts all packets. */
static inline bool capture_filter_accepts(const struct bpf_program *compiled, const uint8_t *bytes,
                                          uint32_t captured_length, uint32_t wire_length)
{
    const struct pcap_pkthdr header = {.caplen = captured_length, .len = wire_length};

    return compiled->bf_len == 0 || pcap_offline_filter(compiled, &header, bytes) != 0;
}

/* Runs the expression unless the kernel does; true if there is nothing to run. Lengths in bytes. */
static inline bool capture_filter_matches(const struct capture_filter *filter, const uint8_t *bytes,
                                          uint32_t captured_length, uint32_t wire_length)
{
    return capture_filter_accepts(&filter->expression, bytes, captured_length, wire_length);
}

void capture_filter_free(struct capture_filter *filter);

enum capture_filter_verdict {
    CAPTURE_FILTER_VALID,            /* for IP packets */
    CAPTURE_FILTER_NEEDS_LINK_LAYER, /* valid with --use-pcap only */
    CAPTURE_FILTER_INVALID,
};

/*
 * Checks an expression; `failure` gets the reason unless it is valid. Host names are invalid: they
 * are never resolved.
 */
enum capture_filter_verdict capture_filter_check(const char *expression, struct failure *failure);

/*
 * libpcap's program for an expression on a link type (DLT_*), which accepts packets with the value
 * snapshot_length. Fails with 10022 and libpcap's reason. Release with pcap_freecode.
 */
bool capture_filter_compile(struct bpf_program *program, int link_type, uint32_t snapshot_length,
                            const char *expression, struct failure *failure);

/*
 * To be called before libpcap compiles an expression: it would resolve every name, and a filter is
 * checked at each key that is pressed. From then on this process resolves no name at all.
 */
void capture_filter_silence_resolver(void);

/*
 * Sets the failure of a filter that libpcap refuses. reason: libpcap's; advice: what else to print,
 * or "". Returns false.
 */
bool capture_filter_refuse(struct failure *failure, const char *reason, const char *expression,
                           const char *advice);

#endif
