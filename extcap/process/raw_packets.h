/*
 * Packets of raw sockets: who sends them, to whom, from which ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_RAW_PACKETS_H
#define IPMON_RAW_PACKETS_H

#include "socket_programs.h"

enum {
    ICMP_IDENTIFIER = 4, /* offset in an echo message */
    PROTOCOL_RAW = 255,  /* of a socket that sends packets with their IP headers */
    TYPE_IPV4 = 0x0800,  /* ETH_P_IP */
    TYPE_IPV6 = 0x86DD,
};

/* The source address of the packet's header, which a socket that is not bound to one lacks. */
static __always_inline bool read_source(struct process_event *event, struct sk_buff *skb)
{
    const unsigned char *header = skb->head + skb->network_header;
    __u8 version;

    if (bpf_probe_read_kernel(&version, sizeof version, header) != 0)
        return false;
    if (version >> 4 == 4) {
        event->family = FAMILY_IPV4;
        __builtin_memset(event->local, 0, sizeof event->local);
        return bpf_probe_read_kernel(event->local, 4, header + 12) == 0;
    }
    event->family = FAMILY_IPV6;
    return bpf_probe_read_kernel(event->local, 16, header + 8) == 0;
}

/* Of type * 256 + code. */
static __always_inline bool is_echo(__u16 message)
{
    return message == 0 || message == 8 << 8 || message == 128 << 8 || message == 129 << 8;
}

/* The addresses and ports of a raw socket's packet are not those of the socket. */
static __always_inline void read_packet(struct process_event *event, struct sk_buff *skb)
{
    const unsigned char *network = skb->head + skb->network_header;
    const unsigned char *transport;
    __u16 ports[2] = {0};
    __u8 protocol = 0;
    __u8 version = 0;

    event->local_port = event->remote_port = 0;
    read_source(event, skb);
    __builtin_memset(event->remote, 0, sizeof event->remote);
    bpf_probe_read_kernel(&version, sizeof version, network);
    if (version >> 4 == 4) {
        bpf_probe_read_kernel(event->remote, 4, network + 16);
        bpf_probe_read_kernel(&protocol, 1, network + 9);
        transport = network + (version & 15) * 4;
    } else {
        bpf_probe_read_kernel(event->remote, 16, network + 24);
        bpf_probe_read_kernel(&protocol, 1, network + 6);
        transport = network + 40;
    }
    event->protocol = protocol;
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) {
        bpf_probe_read_kernel(ports, sizeof ports, transport);
        event->local_port = bpf_ntohs(ports[0]);
        event->remote_port = bpf_ntohs(ports[1]);
    } else if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6) {
        bpf_probe_read_kernel(ports, sizeof ports[0], transport); /* type and code */
        event->remote_port = bpf_ntohs(ports[0]);
        bpf_probe_read_kernel(ports, sizeof ports[0], transport + ICMP_IDENTIFIER);
        if (is_echo(event->remote_port))
            event->local_port = bpf_ntohs(ports[0]);
    }
}

static __always_inline bool is_packet_socket(struct sock *sk)
{
    return BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_PACKET;
}

/* Not a tunnel's packet, which has the socket of the packet within. */
static __always_inline bool is_sent_from(struct sock *sk, __u16 protocol)
{
    const __u16 own = BPF_CORE_READ(sk, sk_protocol);

    return is_packet_socket(sk) || own == PROTOCOL_RAW || own == protocol;
}

/* A packet socket sends anything, such as ARP. */
static __always_inline bool is_ip_packet(struct sk_buff *skb)
{
    const __u16 type = bpf_ntohs(BPF_CORE_READ(skb, protocol));

    return type == TYPE_IPV4 || type == TYPE_IPV6;
}

/* The socket that has the port is reported again when it sends the next packet. */
static __always_inline void note_raw_sender(struct sock *sk, const struct process_event *event)
{
    const struct shared_port port = {
        .network = event->network,
        .protocol = event->protocol,
        .port = event->local_port,
    };
    const __u64 own = (__u64)sk;

    bpf_map_update_elem(&last_senders, &port, &own, BPF_ANY);
}

/* Each packet: a raw or packet socket may send anything to anybody. The kernel's replies are sent
 * by such. */
static __always_inline void report_raw(struct sock *sk, struct sk_buff *skb,
                                       struct task_struct *task, bool is_kernel)
{
    const struct owner owner = current_owner(task);
    struct process_event *event;

    if (!is_kernel)
        report_process(task, true);
    event = bpf_ringbuf_reserve(&records, sizeof *event, 0);
    if (!event) {
        lose();
        return;
    }
    fill_socket(event, sk, is_kernel ? PROCESS_EVENT_KERNEL : PROCESS_EVENT_RAW);
    if (is_packet_socket(sk))
        event->device = 0;
    if (!is_kernel)
        fill_owner(event, &owner);
    read_packet(event, skb);
    if (!is_sent_from(sk, event->protocol)) {
        bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
        return;
    }
    note_raw_sender(sk, event);
    bpf_ringbuf_submit(event, wake());
}

#endif
