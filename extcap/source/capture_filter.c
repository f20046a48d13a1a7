/*
 * Filter programs: a prologue of our own in front, libpcap's program for the expression behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_filter.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <nss.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf_assembler.h"
#include "bytes.h"
#include "ip_address.h"
#include "ip_header.h"
#include "mask.h"
#include "pcapng.h"
#include "vlan_tag.h"

enum {
    TYPE_BEHIND_TAG = 2, /* offset in what is left of a VLAN tag */
    VERSION_MASK = 0xF0, /* of a header's first byte */
    IPV4_FIRST = 0x45,   /* first bytes of headers: version 4 and at least 5 words */
    IPV4_BEHIND = 0x50,
    IPV6_FIRST = 0x60,
    IPV6_BEHIND = 0x70,
    WORD = 4,
};

static void add_interface_test(struct bpf_assembler *program,
                               const struct capture_filter_request *request)
{
    const bpf_label passed = bpf_label_new(program);

    bpf_load_ancillary(program, SKF_AD_IFINDEX);
    bpf_jump_if(program, BPF_JEQ, request->interface_index, passed, BPF_NEXT);
    bpf_jump_if(program, BPF_JEQ, request->loopback_index, passed, BPF_NEXT);
    bpf_return(program, 0);
    bpf_label_here(program, passed);
}

static void add_other_hosts_test(struct bpf_assembler *program)
{
    const bpf_label passed = bpf_label_new(program);

    bpf_load_ancillary(program, SKF_AD_PKTTYPE);
    bpf_jump_if(program, BPF_JEQ, PACKET_OTHERHOST, BPF_NEXT, passed);
    bpf_return(program, 0);
    bpf_label_here(program, passed);
}

static void add_loopback_test(struct bpf_assembler *program, unsigned loopback_index)
{
    const bpf_label passed = bpf_label_new(program);

    bpf_load_ancillary(program, SKF_AD_IFINDEX);
    bpf_jump_if(program, BPF_JEQ, loopback_index, BPF_NEXT, passed);
    bpf_load_ancillary(program, SKF_AD_PKTTYPE);
    bpf_jump_if(program, BPF_JEQ, PACKET_OUTGOING, BPF_NEXT, passed);
    bpf_return(program, 0);
    bpf_label_here(program, passed);
}

/* Jumps to one of the labels by the Ethertype in the accumulator. */
static void add_type_test(struct bpf_assembler *program, bpf_label ip, bpf_label tag,
                          bpf_label other)
{
    bpf_jump_if(program, BPF_JEQ, ETH_P_IP, ip, BPF_NEXT);
    bpf_jump_if(program, BPF_JEQ, ETH_P_IPV6, ip, BPF_NEXT);
    bpf_jump_if(program, BPF_JEQ, ETH_P_8021Q, tag, BPF_NEXT);
    bpf_jump_if(program, BPF_JEQ, ETH_P_8021AD, tag, other);
}

/* Jumps to `header` when the packet's first byte can be that of an IP header. */
static void add_header_test(struct bpf_assembler *program, bpf_label header, bpf_label other)
{
    bpf_add(program, BPF_LD | BPF_B | BPF_ABS, 0);
    bpf_jump_if(program, BPF_JGE, IPV6_BEHIND, other, BPF_NEXT);
    bpf_jump_if(program, BPF_JGE, IPV6_FIRST, header, BPF_NEXT);
    bpf_jump_if(program, BPF_JGE, IPV4_BEHIND, other, BPF_NEXT);
    bpf_jump_if(program, BPF_JGE, IPV4_FIRST, header, other);
}

/*
 * IPv4 and IPv6 go on. A frame whose protocol is a VLAN tag begins with the rest of the tag and the
 * type of what follows, or, if it is sent, with the header (vlan_tag.h): none of the tests that
 * follow fits it, it passes. tagged_length: bytes to keep of it.
 */
static void add_protocol_test(struct bpf_assembler *program, uint32_t tagged_length)
{
    const bpf_label passed = bpf_label_new(program);
    const bpf_label tagged = bpf_label_new(program);
    const bpf_label behind_tag = bpf_label_new(program);
    const bpf_label keep = bpf_label_new(program);
    const bpf_label refuse = bpf_label_new(program);

    bpf_load_ancillary(program, SKF_AD_PROTOCOL);
    add_type_test(program, passed, tagged, refuse);
    bpf_label_here(program, tagged);
    bpf_load_ancillary(program, SKF_AD_PKTTYPE);
    bpf_jump_if(program, BPF_JEQ, PACKET_OUTGOING, BPF_NEXT, behind_tag);
    add_header_test(program, keep, behind_tag);
    bpf_label_here(program, behind_tag);
    bpf_add(program, BPF_LD | BPF_H | BPF_ABS, TYPE_BEHIND_TAG);
    add_type_test(program, keep, keep, refuse);
    bpf_label_here(program, refuse);
    bpf_return(program, 0);
    bpf_label_here(program, keep);
    bpf_return(program, tagged_length);
    bpf_label_here(program, passed);
}

static void add_ipv4_test(struct bpf_assembler *program,
                          const struct capture_filter_request *request, uint32_t offset,
                          bpf_label found)
{
    bpf_add(program, BPF_LD | BPF_W | BPF_ABS, offset);
    for (size_t i = 0; i < request->address_count; i++) {
        bpf_label other;

        if (request->addresses[i].family != AF_INET)
            continue;
        other = bpf_label_new(program);
        bpf_jump_if(program, BPF_JEQ, bytes_u32(request->addresses[i].bytes), BPF_NEXT, other);
        bpf_jump(program, found); /* a jump under a condition does not reach that far */
        bpf_label_here(program, other);
    }
}

static void add_ipv6_test(struct bpf_assembler *program, const uint8_t *address, uint32_t offset,
                          bpf_label found)
{
    const bpf_label other = bpf_label_new(program);

    for (uint32_t at = 0; at < IPV6_ADDRESS_LENGTH; at += WORD) {
        bpf_add(program, BPF_LD | BPF_W | BPF_ABS, offset + at);
        bpf_jump_if(program, BPF_JEQ, bytes_u32(address + at), BPF_NEXT, other);
    }
    bpf_jump(program, found);
    bpf_label_here(program, other);
}

/* Packets from or to one of the addresses go on. */
static void add_address_test(struct bpf_assembler *program,
                             const struct capture_filter_request *request)
{
    const bpf_label ipv4 = bpf_label_new(program);
    const bpf_label ipv6 = bpf_label_new(program);
    const bpf_label found = bpf_label_new(program);

    bpf_add(program, BPF_LD | BPF_B | BPF_ABS, 0);
    bpf_add(program, BPF_ALU | BPF_AND | BPF_K, VERSION_MASK);
    bpf_jump_if(program, BPF_JEQ, IPV4_FIRST & VERSION_MASK, ipv4, BPF_NEXT);
    bpf_jump(program, ipv6);
    bpf_label_here(program, ipv4);
    add_ipv4_test(program, request, IPV4_SOURCE_FIELD, found);
    add_ipv4_test(program, request, IPV4_DESTINATION_FIELD, found);
    bpf_return(program, 0);
    bpf_label_here(program, ipv6);
    for (size_t i = 0; i < request->address_count; i++) {
        if (request->addresses[i].family != AF_INET6)
            continue;
        add_ipv6_test(program, request->addresses[i].bytes, IPV6_SOURCE_FIELD, found);
        add_ipv6_test(program, request->addresses[i].bytes, IPV6_DESTINATION_FIELD, found);
    }
    bpf_return(program, 0);
    bpf_label_here(program, found);
}

/* Goes on to what follows with packets that may pass, refuses the others. */
static void add_prologue(struct bpf_assembler *program,
                         const struct capture_filter_request *request, bool has_expression)
{
    if (request->interface_index != 0)
        add_interface_test(program, request);
    if (!request->other_hosts)
        add_other_hosts_test(program);
    if (request->loopback_index != 0)
        add_loopback_test(program, request->loopback_index);
    add_protocol_test(program, VLAN_TAGS_LENGTH +
                                   (has_expression ? PCAPNG_PACKET_MAX : request->snapshot_length));
    if (request->of_addresses)
        add_address_test(program, request);
}

void capture_filter_silence_resolver(void)
{
    __nss_configure_lookup("hosts", "none");
    __nss_configure_lookup("networks", "none");
    __nss_configure_lookup("ethers", "none");
}

bool capture_filter_refuse(struct failure *failure, const char *reason, const char *expression,
                           const char *advice)
{
    char why[FAILURE_TEXT_SIZE];
    char filter[FAILURE_TEXT_SIZE];

    return failure_set_errno(failure, EINVAL, "%s in the capture filter '%s'%s",
                             mask_filter(why, sizeof why, reason),
                             mask_filter(filter, sizeof filter, expression), advice);
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* *only_live: libpcap refused what is valid on an open device only (from 1.11 on). */
static bool compile(struct bpf_program *program, int link_type, uint32_t snapshot_length,
                    const char *expression, bool *only_live, struct failure *failure)
{
    pcap_t *dead = pcap_open_dead(link_type, (int)snapshot_length);
    bool valid;

    if (!dead)
        return failure_set_errno(failure, ENOMEM, "cannot compile the capture filter");
    capture_filter_silence_resolver();
    valid = pcap_compile(dead, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!valid) {
        const char *reason = pcap_geterr(dead);
        bool name = begins_with(reason, "unknown host") || begins_with(reason, "unknown network");

        *only_live = begins_with(reason, "not a live capture");
        capture_filter_refuse(failure, reason, expression,
                              name ? "; names are not looked up, write numeric addresses" : "");
    }
    pcap_close(dead);
    return valid;
}

bool capture_filter_compile(struct bpf_program *program, int link_type, uint32_t snapshot_length,
                            const char *expression, struct failure *failure)
{
    bool ignored;

    return compile(program, link_type, snapshot_length, expression, &ignored, failure);
}

/*
 * Before libpcap 1.11 `inbound` and the like compile for any link type, into loads of ancillary
 * data, which only the kernel has.
 */
static bool loads_ancillary(const struct bpf_program *program)
{
    for (unsigned i = 0; i < program->bf_len; i++) {
        const struct bpf_insn *instruction = &program->bf_insns[i];

        if (BPF_CLASS(instruction->code) == BPF_LD && BPF_MODE(instruction->code) == BPF_ABS &&
            instruction->k >= (uint32_t)SKF_AD_OFF)
            return true;
    }
    return false;
}

static enum capture_filter_verdict compile_for_ip(struct bpf_program *program,
                                                  uint32_t snapshot_length, const char *expression,
                                                  struct failure *failure)
{
    struct failure reason = {""};
    struct failure ignored = {""};
    char shown[FAILURE_TEXT_SIZE];
    bool only_live = false;
    bool compiled = compile(program, DLT_RAW, snapshot_length, expression, &only_live, &reason);

    if (compiled && !loads_ancillary(program))
        return CAPTURE_FILTER_VALID;
    if (compiled)
        pcap_freecode(program);
    if (only_live ||
        capture_filter_compile(program, DLT_EN10MB, snapshot_length, expression, &ignored)) {
        if (!only_live)
            pcap_freecode(program);
        failure_set_errno(failure, EINVAL,
                          "a link-layer term in the capture filter '%s' needs --use-pcap",
                          mask_filter(shown, sizeof shown, expression));
        return CAPTURE_FILTER_NEEDS_LINK_LAYER;
    }
    if (!failure_is_set(failure))
        *failure = reason;
    return CAPTURE_FILTER_INVALID;
}

static bool is_given(const char *expression)
{
    return expression && *expression;
}

/* Copies a program for the kernel out of the assembler; false without memory. */
static bool copy_assembled(struct sock_fprog *copy, const struct bpf_assembler *program)
{
    copy->filter = malloc(program->length * sizeof *copy->filter);
    if (!copy->filter)
        return false;
    memcpy(copy->filter, program->instructions, program->length * sizeof *copy->filter);
    copy->len = (unsigned short)program->length;
    return true;
}

/*
 * Puts the whole program together. An expression for which there is no room goes to
 * filter->expression, which owns it from then on.
 */
static bool assemble(struct capture_filter *filter, const struct capture_filter_request *request,
                     const struct bpf_program *expression, struct failure *failure)
{
    const bool has_expression = expression->bf_len != 0;
    struct bpf_assembler program;
    bool fits;

    bpf_begin(&program);
    add_prologue(&program, request, has_expression);
    filter->prologue_length = (unsigned short)program.length;
    filter->has_expression = has_expression;
    fits = program.length + expression->bf_len <= BPF_MAXINSNS;
    if (has_expression && fits) /* laid out as struct sock_filter */
        bpf_append(&program, (const struct sock_filter *)(const void *)expression->bf_insns,
                   expression->bf_len);
    else
        bpf_return(&program, has_expression ? PCAPNG_PACKET_MAX : request->snapshot_length);
    if (!bpf_finish(&program))
        return failure_set_errno(failure, EINVAL, "%zu addresses are too many for one filter",
                                 request->address_count);
    if (!copy_assembled(&filter->program, &program))
        return failure_set_errno(failure, ENOMEM, "cannot compile the capture filter");
    if (!fits)
        filter->expression = *expression;
    return true;
}

bool capture_filter_prepare(struct bpf_program *compiled, const char *expression,
                            uint32_t snapshot_length, struct failure *failure)
{
    memset(compiled, 0, sizeof *compiled);
    return !is_given(expression) ||
           compile_for_ip(compiled, snapshot_length, expression, failure) == CAPTURE_FILTER_VALID;
}

static bool copy_program(struct bpf_program *copy, const struct bpf_program *program,
                         struct failure *failure)
{
    if (program->bf_len == 0)
        return true;
    copy->bf_insns = malloc(program->bf_len * sizeof *copy->bf_insns);
    if (!copy->bf_insns)
        return failure_set_errno(failure, ENOMEM, "no memory for the capture filter");
    memcpy(copy->bf_insns, program->bf_insns, program->bf_len * sizeof *copy->bf_insns);
    copy->bf_len = program->bf_len;
    return true;
}

bool capture_filter_build(struct capture_filter *filter,
                          const struct capture_filter_request *request, struct failure *failure)
{
    struct bpf_program expression = {0};
    bool built;

    memset(filter, 0, sizeof *filter);
    if (!(request->compiled ? copy_program(&expression, request->compiled, failure)
                            : capture_filter_prepare(&expression, request->expression,
                                                     request->snapshot_length, failure)))
        return false;
    built = assemble(filter, request, &expression, failure);
    if (!built)
        capture_filter_free(filter);
    if (filter->expression.bf_insns != expression.bf_insns)
        pcap_freecode(&expression);
    return built;
}

static bool attach(int descriptor, const struct sock_fprog *program)
{
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof *program) == 0;
}

/* Cuts libpcap's program off the end of ours and keeps it for capture_filter_matches. */
static bool move_to_user_space(struct capture_filter *filter)
{
    struct sock_filter *end = filter->program.filter + filter->prologue_length;
    unsigned length = filter->program.len - filter->prologue_length;
    struct bpf_insn *kept = malloc(length * sizeof *kept);

    if (!kept)
        return false;
    memcpy(kept, end, length * sizeof *kept);
    filter->expression = (struct bpf_program){.bf_len = length, .bf_insns = kept};
    *end = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PCAPNG_PACKET_MAX);
    filter->program.len = (unsigned short)(filter->prologue_length + 1);
    return true;
}

bool capture_filter_to_user_space(struct capture_filter *filter, struct failure *failure)
{
    return !filter->has_expression || capture_filter_in_user_space(filter) ||
           move_to_user_space(filter) ||
           failure_set_errno(failure, ENOMEM, "no memory for the capture filter");
}

bool capture_filter_attach(struct capture_filter *filter, int descriptor, struct failure *failure)
{
    if (attach(descriptor, &filter->program))
        return true;
    /* an unknown instruction, or longer than net.core.optmem_max */
    if ((errno == EINVAL || errno == ENOMEM) && filter->has_expression &&
        !capture_filter_in_user_space(filter) && move_to_user_space(filter) &&
        attach(descriptor, &filter->program))
        return true;
    return failure_set_errno(failure, errno, "the kernel refused the capture filter");
}

void capture_filter_refuse_all(int descriptor)
{
    struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

    attach(descriptor, &(struct sock_fprog){.len = 1, .filter = nothing});
}

bool capture_filter_refuse_copies(int descriptor, unsigned loopback_index)
{
    struct sock_filter present[BPF_MAXINSNS] = {0}; /* valgrind sees the kernel fill a part only */
    socklen_t length = BPF_MAXINSNS;                /* instructions; 0: there is no filter */
    struct bpf_assembler program;

    if (getsockopt(descriptor, SOL_SOCKET, SO_GET_FILTER, present, &length) != 0)
        return false;
    bpf_begin(&program);
    add_loopback_test(&program, loopback_index);
    if (length != 0)
        bpf_append(&program, present, length);
    else
        bpf_return(&program, UINT32_MAX);
    if (!bpf_finish(&program)) {
        errno = EINVAL; /* the kernel's for a program that is too long */
        return false;
    }
    return attach(descriptor, &(struct sock_fprog){.len = (unsigned short)program.length,
                                                   .filter = program.instructions});
}

void capture_filter_free(struct capture_filter *filter)
{
    free(filter->program.filter);
    pcap_freecode(&filter->expression);
    memset(filter, 0, sizeof *filter);
}

enum capture_filter_verdict capture_filter_check(const char *expression, struct failure *failure)
{
    struct bpf_program compiled = {0};
    enum capture_filter_verdict verdict =
        compile_for_ip(&compiled, PCAPNG_PACKET_MAX, expression, failure);

    if (verdict == CAPTURE_FILTER_VALID)
        pcap_freecode(&compiled);
    return verdict;
}
