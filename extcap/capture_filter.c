/*
 * Filter programs: a few instructions of our own in front, libpcap's for the expression behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_filter.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pcapng_writer.h"

enum {
    PROLOGUE_MAX = 16,
};

/* Ancillary data of the packet, at the offsets that the kernel reserves for it. */
static struct sock_filter load_ancillary(unsigned offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + offset);
}

static struct sock_filter jump_equal(uint32_t value, uint8_t when_true, uint8_t when_false)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, when_true, when_false);
}

static struct sock_filter accept_bytes(uint32_t length)
{
    return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, length);
}

/* Falls through to what follows for packets that may pass, refuses the others. */
static size_t build_prologue(struct sock_filter *at, const struct capture_filter_request *request)
{
    size_t n = 0;

    at[n++] = load_ancillary(SKF_AD_PROTOCOL);
    at[n++] = jump_equal(ETH_P_IP, 2, 0);
    at[n++] = jump_equal(ETH_P_IPV6, 1, 0);
    at[n++] = accept_bytes(0);
    if (!request->other_hosts) {
        at[n++] = load_ancillary(SKF_AD_PKTTYPE);
        at[n++] = jump_equal(PACKET_OTHERHOST, 0, 1);
        at[n++] = accept_bytes(0);
    }
    if (request->loopback_index != 0) {
        at[n++] = load_ancillary(SKF_AD_IFINDEX);
        at[n++] = jump_equal(request->loopback_index, 0, 3);
        at[n++] = load_ancillary(SKF_AD_PKTTYPE);
        at[n++] = jump_equal(PACKET_OUTGOING, 0, 1);
        at[n++] = accept_bytes(0);
    }
    return n;
}

/* libpcap's program for the expression on a link type; its accepting value is snapshot_length. */
static bool compile(struct bpf_program *compiled, int link_type, uint32_t snapshot_length,
                    const char *expression, struct failure *failure)
{
    pcap_t *dead = pcap_open_dead(link_type, (int)snapshot_length);
    bool valid;

    if (!dead)
        return failure_set_errno(failure, ENOMEM, "cannot compile the capture filter");
    valid = pcap_compile(dead, compiled, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!valid)
        failure_set_errno(failure, EINVAL, "%s in the capture filter '%s'", pcap_geterr(dead),
                          expression);
    pcap_close(dead);
    return valid;
}

bool capture_filter_build(struct sock_fprog *program, const struct capture_filter_request *request,
                          struct failure *failure)
{
    struct bpf_program compiled = {0};
    struct sock_filter everything = accept_bytes(request->snapshot_length);
    const void *expression = &everything;
    size_t expression_length = 1;
    size_t length;

    memset(program, 0, sizeof *program);
    if (request->expression && *request->expression) {
        if (!compile(&compiled, DLT_RAW, request->snapshot_length, request->expression, failure))
            return false;
        expression = compiled.bf_insns; /* laid out as struct sock_filter */
        expression_length = compiled.bf_len;
    }
    program->filter = calloc(PROLOGUE_MAX + expression_length, sizeof *program->filter);
    if (!program->filter) {
        pcap_freecode(&compiled);
        return failure_set_errno(failure, ENOMEM, "cannot compile the capture filter");
    }
    length = build_prologue(program->filter, request);
    memcpy(program->filter + length, expression, expression_length * sizeof *program->filter);
    program->len = (unsigned short)(length + expression_length);
    pcap_freecode(&compiled);
    return true;
}

enum capture_filter_verdict capture_filter_check(const char *expression, struct failure *failure)
{
    struct bpf_program compiled = {0};
    struct failure ignored = {""};

    if (compile(&compiled, DLT_RAW, PCAPNG_PACKET_MAX, expression, failure)) {
        pcap_freecode(&compiled);
        return CAPTURE_FILTER_VALID;
    }
    if (compile(&compiled, DLT_EN10MB, PCAPNG_PACKET_MAX, expression, &ignored)) {
        pcap_freecode(&compiled);
        return CAPTURE_FILTER_NEEDS_LINK_LAYER;
    }
    return CAPTURE_FILTER_INVALID;
}
