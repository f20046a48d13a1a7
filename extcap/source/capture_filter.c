/*
 * Filter programs: a few instructions of our own in front, libpcap's for the expression behind.
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

#include "bytes.h"
#include "mask.h"
#include "pcapng.h"
#include "vlan_tag.h"

enum {
    PROLOGUE_MAX = 40,         /* instructions in front, without the test of addresses */
    TEST_MAX_PER_ADDRESS = 18, /* an IPv6 one: 2 times 4 words to load and compare, and a jump */
    TEST_MAX_BESIDE = 8,       /* of the test of addresses, whatever their number */
    IPV4_SOURCE = 12,          /* offsets in the header */
    IPV4_DESTINATION = 16,
    IPV6_SOURCE = 8,
    IPV6_DESTINATION = 24,
    WORD = 4,
    TYPE_BEHIND_TAG = 2, /* offset in what is left of a VLAN tag */
};

/* A program being written; it is long enough from the start. */
struct program {
    struct sock_filter *at;
    size_t length;
};

static void add(struct program *program, uint16_t code, uint32_t value)
{
    program->at[program->length++] = (struct sock_filter)BPF_STMT(code, value);
}

static void add_jump(struct program *program, uint16_t comparison, uint32_t value,
                     uint8_t when_true, uint8_t when_false)
{
    program->at[program->length++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, value, when_true, when_false);
}

/* Ancillary data of the packet, at the offsets that the kernel reserves for it. */
static void add_load_ancillary(struct program *program, unsigned offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + offset);
}

static void add_return(struct program *program, uint32_t length)
{
    add(program, BPF_RET | BPF_K, length);
}

static void add_interface_test(struct program *program,
                               const struct capture_filter_request *request)
{
    add_load_ancillary(program, SKF_AD_IFINDEX);
    add_jump(program, BPF_JEQ, request->interface_index, 2, 0);
    add_jump(program, BPF_JEQ, request->loopback_index, 1, 0);
    add_return(program, 0);
}

static void add_other_hosts_test(struct program *program)
{
    add_load_ancillary(program, SKF_AD_PKTTYPE);
    add_jump(program, BPF_JEQ, PACKET_OTHERHOST, 0, 1);
    add_return(program, 0);
}

static void add_loopback_test(struct program *program, unsigned loopback_index)
{
    add_load_ancillary(program, SKF_AD_IFINDEX);
    add_jump(program, BPF_JEQ, loopback_index, 0, 3);
    add_load_ancillary(program, SKF_AD_PKTTYPE);
    add_jump(program, BPF_JEQ, PACKET_OUTGOING, 0, 1);
    add_return(program, 0);
}

/*
 * IPv4 and IPv6 fall through. A frame whose protocol is a VLAN tag begins with the rest of the tag
 * and the type of what follows, or, if it is sent, with the header (vlan_tag.h): nothing behind
 * here fits it, it passes. tagged_length: bytes to keep of it.
 */
static void add_protocol_test(struct program *program, uint32_t tagged_length)
{
    add_load_ancillary(program, SKF_AD_PROTOCOL);
    add_jump(program, BPF_JEQ, ETH_P_IP, 17, 0);
    add_jump(program, BPF_JEQ, ETH_P_IPV6, 16, 0);
    add_jump(program, BPF_JEQ, ETH_P_8021Q, 1, 0);
    add_jump(program, BPF_JEQ, ETH_P_8021AD, 0, 12);
    add_load_ancillary(program, SKF_AD_PKTTYPE);
    add_jump(program, BPF_JEQ, PACKET_OUTGOING, 0, 5);
    add(program, BPF_LD | BPF_B | BPF_ABS, 0);
    add_jump(program, BPF_JGE, 0x70, 3, 0);
    add_jump(program, BPF_JGE, 0x60, 8, 0);
    add_jump(program, BPF_JGE, 0x50, 1, 0);
    add_jump(program, BPF_JGE, 0x45, 6, 0);
    add(program, BPF_LD | BPF_H | BPF_ABS, TYPE_BEHIND_TAG);
    add_jump(program, BPF_JEQ, ETH_P_IP, 4, 0);
    add_jump(program, BPF_JEQ, ETH_P_IPV6, 3, 0);
    add_jump(program, BPF_JEQ, ETH_P_8021Q, 2, 0);
    add_jump(program, BPF_JEQ, ETH_P_8021AD, 1, 0);
    add_return(program, 0);
    add_return(program, tagged_length);
}

/* Jumps to the end of the test, wherever that will be: conditional jumps do not reach that far. */
static void add_leave(struct program *program)
{
    add(program, BPF_JMP | BPF_JA, UINT32_MAX);
}

static void add_ipv4_test(struct program *program, const struct capture_filter_request *request,
                          uint32_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, offset);
    for (size_t i = 0; i < request->address_count; i++) {
        if (request->addresses[i].family != AF_INET)
            continue;
        add_jump(program, BPF_JEQ, bytes_u32(request->addresses[i].bytes), 0, 1);
        add_leave(program);
    }
}

static void add_ipv6_test(struct program *program, const uint8_t *address, uint32_t offset)
{
    const uint32_t words = IPV6_DESTINATION - IPV6_SOURCE;

    for (uint32_t at = 0; at < words; at += WORD) {
        add(program, BPF_LD | BPF_W | BPF_ABS, offset + at);
        /* over the rest of the words, two instructions each, and the jump behind them */
        add_jump(program, BPF_JEQ, bytes_u32(address + at), 0,
                 (uint8_t)((words - at) / WORD * 2 - 1));
    }
    add_leave(program);
}

/* Packets to or from one of the addresses fall through. */
static void add_address_test(struct program *program, const struct capture_filter_request *request)
{
    size_t start = program->length;
    size_t to_ipv6;

    add(program, BPF_LD | BPF_B | BPF_ABS, 0);
    add(program, BPF_ALU | BPF_AND | BPF_K, 0xF0);
    add_jump(program, BPF_JEQ, 0x40, 1, 0);
    to_ipv6 = program->length;
    add(program, BPF_JMP | BPF_JA, 0);
    add_ipv4_test(program, request, IPV4_SOURCE);
    add_ipv4_test(program, request, IPV4_DESTINATION);
    add_return(program, 0);
    program->at[to_ipv6].k = (uint32_t)(program->length - to_ipv6 - 1);
    for (size_t i = 0; i < request->address_count; i++) {
        if (request->addresses[i].family != AF_INET6)
            continue;
        add_ipv6_test(program, request->addresses[i].bytes, IPV6_SOURCE);
        add_ipv6_test(program, request->addresses[i].bytes, IPV6_DESTINATION);
    }
    add_return(program, 0);
    for (size_t i = start; i < program->length; i++)
        if (program->at[i].code == (BPF_JMP | BPF_JA) && program->at[i].k == UINT32_MAX)
            program->at[i].k = (uint32_t)(program->length - i - 1);
}

/* Falls through to what follows for packets that may pass, refuses the others. */
static void add_prologue(struct program *program, const struct capture_filter_request *request,
                         bool has_expression)
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

/* only_live: whether what libpcap refused has a meaning for an open device only (from 1.11 on). */
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
 * Before libpcap 1.11 `inbound` and the like compile for any link type, into loads of what only the
 * kernel knows.
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
    if (failure->text[0] == '\0')
        *failure = reason;
    return CAPTURE_FILTER_INVALID;
}

static bool is_given(const char *expression)
{
    return expression && *expression;
}

/* Puts the whole program together, with or without the expression. */
static bool assemble(struct capture_filter *filter, const struct capture_filter_request *request,
                     const struct bpf_program *expression, struct failure *failure)
{
    size_t tests = request->address_count * TEST_MAX_PER_ADDRESS + TEST_MAX_BESIDE;
    struct program program = {
        .at = calloc(PROLOGUE_MAX + tests + expression->bf_len + 1, sizeof *program.at)};

    if (!program.at)
        return failure_set_errno(failure, ENOMEM, "cannot compile the capture filter");
    filter->program.filter = program.at;
    add_prologue(&program, request, expression->bf_len != 0);
    if (program.length >= BPF_MAXINSNS)
        return failure_set_errno(failure, EINVAL, "%zu addresses are too many for one filter",
                                 request->address_count);
    filter->prologue_length = (unsigned short)program.length;
    filter->has_expression = expression->bf_len != 0;
    if (expression->bf_len == 0 || program.length + expression->bf_len > BPF_MAXINSNS) {
        add_return(&program,
                   expression->bf_len == 0 ? request->snapshot_length : PCAPNG_PACKET_MAX);
        filter->expression = *expression;
    } else {
        memcpy(program.at + program.length, expression->bf_insns,
               expression->bf_len * sizeof *program.at); /* laid out as struct sock_filter */
        program.length += expression->bf_len;
    }
    filter->program.len = (unsigned short)program.length;
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

static bool attach(const struct capture_filter *filter, int descriptor)
{
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter->program,
                      sizeof filter->program) == 0;
}

/* Cuts libpcap's program off the end of ours and keeps it for capture_filter_matches. */
static bool move_to_user_space(struct capture_filter *filter)
{
    unsigned length = filter->program.len - filter->prologue_length;
    struct bpf_insn *kept = malloc(length * sizeof *kept);
    struct program program = {filter->program.filter, filter->prologue_length};

    if (!kept)
        return false;
    memcpy(kept, filter->program.filter + filter->prologue_length, length * sizeof *kept);
    filter->expression = (struct bpf_program){.bf_len = length, .bf_insns = kept};
    add_return(&program, PCAPNG_PACKET_MAX);
    filter->program.len = (unsigned short)program.length;
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
    if (attach(filter, descriptor))
        return true;
    /* it does not know it, or it is too long: how long that is, is the administrator's choice */
    if ((errno == EINVAL || errno == ENOMEM) && filter->has_expression &&
        !capture_filter_in_user_space(filter) && move_to_user_space(filter) &&
        attach(filter, descriptor))
        return true;
    return failure_set_errno(failure, errno, "the kernel refused the capture filter");
}

bool capture_filter_accepts(const struct bpf_program *compiled, const uint8_t *bytes,
                            uint32_t captured_length, uint32_t wire_length)
{
    const struct pcap_pkthdr header = {.caplen = captured_length, .len = wire_length};

    return compiled->bf_len == 0 || pcap_offline_filter(compiled, &header, bytes) != 0;
}

bool capture_filter_matches(const struct capture_filter *filter, const uint8_t *bytes,
                            uint32_t captured_length, uint32_t wire_length)
{
    return capture_filter_accepts(&filter->expression, bytes, captured_length, wire_length);
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
