/*
 * Running filter programs: they load what only the kernel knows of a packet, so the part in front
 * is run here by a small interpreter, and libpcap's part by libpcap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FILTER_PROGRAM_H
#define IPMON_FILTER_PROGRAM_H

#include "unit.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include "bytes.h"
#include "capture_filter.h"

enum {
    SNAPSHOT = 4321,
    LOOPBACK = 7,
    ETHERNET = 3, /* index of some other interface */
    TCP_LENGTH = 40,
};

/* What the kernel knows of a packet beside its bytes. */
struct ancillary {
    uint16_t protocol;
    uint8_t type;
    uint32_t interface;
};

static inline uint32_t ancillary_value(const struct ancillary *packet, uint32_t offset)
{
    switch (offset) {
    case SKF_AD_PROTOCOL:
        return packet->protocol;
    case SKF_AD_PKTTYPE:
        return packet->type;
    case SKF_AD_IFINDEX:
        return packet->interface;
    default:
        fail_msg("load of ancillary data %u", offset);
        return 0;
    }
}

static inline uint32_t load_size(uint16_t code)
{
    if (BPF_SIZE(code) == BPF_W)
        return 4;
    return BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static inline uint32_t load(const uint8_t *bytes, uint32_t size)
{
    if (size == 4)
        return bytes_u32(bytes);
    return size == 2 ? bytes_u16(bytes) : bytes[0];
}

/*
 * Runs a program: loads of ancillary data, comparisons and verdicts here; from the first load of
 * the packet's bytes on, libpcap runs it. Returns the bytes to keep.
 */
static inline uint32_t run(const struct capture_filter *filter, const struct ancillary *ancillary,
                           const uint8_t *bytes, uint32_t length)
{
    const struct sock_fprog *program = &filter->program;
    const uint32_t base = (uint32_t)SKF_AD_OFF;
    uint32_t accumulator = 0;

    for (uint32_t at = 0; at < program->len; at++) {
        const struct sock_filter *instruction = &program->filter[at];

        if (instruction->code == (BPF_LD | BPF_W | BPF_ABS) && instruction->k >= base) {
            accumulator = ancillary_value(ancillary, instruction->k - base);
        } else if (instruction->code == (BPF_JMP | BPF_JEQ | BPF_K)) {
            at += accumulator == instruction->k ? instruction->jt : instruction->jf;
        } else if (at < filter->prologue_length &&
                   instruction->code == (BPF_JMP | BPF_JGE | BPF_K)) {
            at += accumulator >= instruction->k ? instruction->jt : instruction->jf;
        } else if (at < filter->prologue_length && BPF_CLASS(instruction->code) == BPF_JMP &&
                   BPF_OP(instruction->code) == BPF_JA) {
            at += instruction->k;
        } else if (at < filter->prologue_length &&
                   instruction->code == (BPF_ALU | BPF_AND | BPF_K)) {
            accumulator &= instruction->k;
        } else if (at < filter->prologue_length && BPF_CLASS(instruction->code) == BPF_LD) {
            uint32_t size = load_size(instruction->code);

            if (instruction->k + size > length)
                return 0; /* as in the kernel */
            accumulator = load(bytes + instruction->k, size);
        } else if (instruction->code == (BPF_RET | BPF_K)) {
            return instruction->k;
        } else {
            struct bpf_program rest = {
                .bf_len = program->len - at,
                .bf_insns = (struct bpf_insn *)(void *)&program->filter[at],
            };
            struct pcap_pkthdr header = {.caplen = length, .len = length};

            return (uint32_t)pcap_offline_filter(&rest, &header, bytes);
        }
    }
    fail_msg("the program has no end");
    return 0;
}

static inline void build(struct capture_filter *filter, const char *expression, unsigned loopback,
                         bool other_hosts)
{
    const struct capture_filter_request request = {
        .expression = expression,
        .snapshot_length = SNAPSHOT,
        .loopback_index = loopback,
        .other_hosts = other_hosts,
    };
    struct failure failure = {""};

    if (!capture_filter_build(filter, &request, &failure))
        fail_msg("%s", failure.text);
}

/* IPv4 or IPv6 with TCP from port 4000 to port 80. */
static inline uint32_t make_packet(uint8_t *bytes, uint16_t protocol)
{
    uint32_t header = protocol == ETH_P_IPV6 ? 40 : 20;

    memset(bytes, 0, 80);
    bytes[0] = protocol == ETH_P_IPV6 ? 0x60 : 0x45;
    bytes[protocol == ETH_P_IPV6 ? 6 : 9] = IPPROTO_TCP;
    bytes[protocol == ETH_P_IPV6 ? 5 : 3] = TCP_LENGTH;
    bytes[header] = 4000 >> 8;
    bytes[header + 1] = 4000 & 0xFF;
    bytes[header + 3] = 80;
    return header + TCP_LENGTH;
}

static inline void make_address(struct host_address *address, const char *text)
{
    memset(address, 0, sizeof *address);
    address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(address->family, text, address->bytes), 1);
}

#endif
