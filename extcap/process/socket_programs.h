/*
 * What the programs in the kernel have in common: the owners of sockets and the records about them.
 *
 * Theory of operation. Each socket has a mark with the latest process and thread that sent from it
 * and that received from it. A program that runs in the context of a process compares it with the
 * mark, and writes a record only if it is another one, or the socket's addresses have changed:
 * nearly all packets cost a look at the mark. The record is complete before the packet reaches a
 * capture. When there is no room for a record the mark stays as it is, so that the next packet
 * tries again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_SOCKET_PROGRAMS_H
#define IPMON_SOCKET_PROGRAMS_H

#include "process_reports.h"

enum {
    SHARED_PORTS = 4096,
    LISTENERS = 16384,
    FORKS = 8192,

    FAMILY_IPV4 = 2,
    FAMILY_IPV6 = 10,
    FAMILY_PACKET = 17,
    TYPE_RAW = 3,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_MPTCP = 262,
};

struct owner {
    __u64 id; /* process << 32 | thread; 0: none */
    __u32 user;
    __u32 program;
};

/* Addresses of what was sent last; those of IPv6 are folded. */
struct route {
    __u32 local;
    __u32 remote;
    __u16 local_port;
    __u16 remote_port;
};

struct mark {
    struct owner sender;
    struct owner receiver;
    struct route sent;
    __u8 is_reported;  /* a record with `sent` was written */
    __u8 is_inherited; /* a connection that is not accepted: its owner is that of the listener */
    __u8 is_kernel;
    __u8 is_mixed;     /* another process has sent before, and how much is not known */
    __u8 has_sequence; /* it is known: what comes before this number */
    __u8 is_several;   /* several processes receive */
    __u8 is_threaded;  /* of TCP: several threads of the process use it */
    __u8 is_accepted;  /* it comes from a listener */
    __u8 has_written;  /* data was sent by the sender, or one before */
    __u8 reserved[3];
    __u32 sequence;
    __u64 received; /* when the receiver was reported */
};

struct shared_port {
    __u32 network;
    __u16 protocol;
    __u16 port;
};

/* Which socket sent last from a port that several sockets may have. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SHARED_PORTS);
    __type(key, struct shared_port);
    __type(value, __u64);
} last_senders SEC(".maps");

struct listener {
    struct owner owner;
    __u32 is_kernel;
    __u32 reserved;
};

/* By the addresses of their sockets, which is all that a request for a connection has. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, LISTENERS);
    __type(key, __u64);
    __type(value, struct listener);
} listeners SEC(".maps");

/* When a process has made another one last. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FORKS);
    __type(key, __u32);
    __type(value, __u64);
} forks SEC(".maps");

static __always_inline struct owner current_owner(struct task_struct *task)
{
    return (struct owner){
        .id = CURRENT_ID(task),
        .user = CURRENT_USER(task),
        .program = (__u32)TASK_MEMBER(task, self_exec_id),
    };
}

static __always_inline bool is_same_owner(const struct owner *a, const struct owner *b)
{
    return a->id == b->id && a->user == b->user && a->program == b->program;
}

/* A process on whose behalf another program may have acted before. */
static __always_inline bool is_other_program(const struct owner *a, const struct owner *b)
{
    return a->id >> 32 != b->id >> 32 || a->program != b->program;
}

/* What a connection of MPTCP consists of are sockets of the kernel, but a process sends there. */
static __always_inline bool is_part_of_mptcp(struct sock *sk)
{
    struct tcp_sock *tcp = (void *)sk;

    return BPF_CORE_READ(sk, sk_protocol) == PROTOCOL_TCP && bpf_core_field_exists(tcp->is_mptcp) &&
           BPF_CORE_READ(tcp, is_mptcp);
}

static __always_inline bool is_kernel_socket(struct sock *sk)
{
    return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock) != 0 && !is_part_of_mptcp(sk);
}

static __always_inline bool is_ip(__u16 family)
{
    return family == FAMILY_IPV4 || family == FAMILY_IPV6;
}

static __always_inline __u32 socket_flags(struct sock *sk)
{
    __u32 flags = 0;

    if (BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuse) != 0 ||
        BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuseport) != 0)
        flags |= PROCESS_EVENT_SHARED;
    if (BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only) != 0)
        flags |= PROCESS_EVENT_IPV6_ONLY;
    return flags;
}

static __always_inline void fill_socket(struct process_event *event, struct sock *sk, __u32 kind)
{
    __builtin_memset(event, 0, sizeof *event);
    event->time = bpf_ktime_get_ns();
    event->socket = (__u64)sk;
    event->kind = kind;
    event->network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    event->family = BPF_CORE_READ(sk, __sk_common.skc_family);
    event->protocol = BPF_CORE_READ(sk, sk_protocol);
    if (event->protocol == PROTOCOL_MPTCP)
        event->protocol = PROTOCOL_TCP;
    event->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    event->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
    event->flags = socket_flags(sk);
    event->device = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
    if (event->family == FAMILY_IPV4) {
        *(__u32 *)event->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
        *(__u32 *)event->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
    } else {
        BPF_CORE_READ_INTO(&event->local, sk, __sk_common.skc_v6_rcv_saddr);
        BPF_CORE_READ_INTO(&event->remote, sk, __sk_common.skc_v6_daddr);
    }
}

static __always_inline void fill_owner(struct process_event *event, const struct owner *owner)
{
    event->process = owner->id >> 32;
    event->thread = (__u32)owner->id;
    event->user = owner->user;
    event->program = owner->program;
}

/* owner: NULL: nobody. False when there was no room. */
static __always_inline bool report_socket(struct sock *sk, __u32 kind, const struct owner *owner)
{
    struct process_event *event = bpf_ringbuf_reserve(&records, sizeof *event, 0);

    if (!event) {
        lose();
        return false;
    }
    fill_socket(event, sk, kind);
    if (owner)
        fill_owner(event, owner);
    bpf_ringbuf_submit(event, wake());
    return true;
}

static __always_inline void note_listener(struct sock *sk, const struct owner *owner,
                                          bool is_kernel)
{
    struct listener listener = {.is_kernel = is_kernel};
    const __u64 key = (__u64)sk;

    if (!is_kernel)
        listener.owner = *owner;
    bpf_map_update_elem(&listeners, &key, &listener, BPF_ANY);
}

static __always_inline void forget_listener(struct sock *sk)
{
    const __u64 key = (__u64)sk;

    bpf_map_delete_elem(&listeners, &key);
}

/*
 * The answer to a SYN is sent: a connection begins, with which those that had its addresses before
 * have nothing to do. A request is not a whole socket: it has little more than its addresses.
 */
static __always_inline void report_request(struct sock *request)
{
    const __u64 key = (__u64)BPF_CORE_READ(request, __sk_common.skc_listener);
    const struct listener *listener = bpf_map_lookup_elem(&listeners, &key);
    struct process_event *event = bpf_ringbuf_reserve(&records, sizeof *event, 0);

    if (!event) {
        lose();
        return;
    }
    fill_socket(event, request, PROCESS_EVENT_BEGIN);
    event->protocol = PROTOCOL_TCP;
    event->flags = event->device = 0;
    if (listener) {
        event->kind = listener->is_kernel ? PROCESS_EVENT_KERNEL : PROCESS_EVENT_LISTEN;
        fill_owner(event, &listener->owner);
    }
    bpf_ringbuf_submit(event, wake());
}

/* Whether another process may receive from the socket, by the references to its file. */
static __always_inline bool has_several_owners(struct sock *sk, struct task_struct *task)
{
    struct file *file = BPF_CORE_READ(sk, sk_socket, file);
    struct file___later *later = (void *)file;
    __s64 references;

    if (!file || BPF_CORE_READ(task, files, count.counter) > 1) /* threads hold references, too */
        return false;
    references = bpf_core_field_exists(later->f_ref)
                     ? BPF_CORE_READ(later, f_ref.refcnt.counter) + 1
                     : BPF_CORE_READ(file, f_count.counter);
    return references > 1;
}

static __always_inline bool is_known_sender(const struct mark *mark, const struct owner *owner)
{
    return is_same_owner(&mark->sender, owner) ||
           (mark->is_threaded && mark->sender.user == owner->user &&
            !is_other_program(&mark->sender, owner));
}

/*
 * The sender changes. What another process has written to a connection may not be sent yet; and
 * between threads of one process the one that writes is not told from those that receive.
 */
static __always_inline void take_sender(struct mark *mark, const struct owner *owner, bool is_tcp)
{
    if (is_tcp && mark->sender.id != 0 && !mark->is_inherited) {
        if (is_other_program(&mark->sender, owner)) {
            mark->is_mixed = mark->has_written;
            mark->is_threaded = 0;
        } else if (mark->sender.id != owner->id) {
            mark->is_threaded = 1;
        }
    }
    mark->sender = *owner;
    if (mark->is_threaded)
        mark->sender.id = owner->id >> 32 << 32 | owner->id >> 32;
    mark->is_inherited = 0;
}

/* The process has written all data of a connection from this number on. */
static __always_inline void end_doubt(struct mark *mark, __u32 sequence, bool is_tcp)
{
    if (!mark->is_mixed || !is_tcp)
        return;
    mark->sequence = sequence;
    mark->has_sequence = 1;
    mark->is_mixed = 0;
}

static __always_inline __u32 written(struct sock *sk)
{
    struct tcp_sock *tcp = (void *)sk;

    return BPF_CORE_READ(tcp, write_seq);
}

/* Whether the receiver has made another process since it was reported, which may receive, too. */
static __always_inline bool has_forked(const struct mark *mark)
{
    const __u32 process = mark->receiver.id >> 32;
    const __u64 *time = bpf_map_lookup_elem(&forks, &process);

    return time && *time > mark->received;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
    const __u32 process = parent->tgid;
    const __u64 now = bpf_ktime_get_ns();
    struct process_event *event;

    if (child->tgid == parent->tgid)
        return 0;
    bpf_map_update_elem(&forks, &process, &now, BPF_ANY);
    event = bpf_ringbuf_reserve(&records, sizeof *event, 0);
    if (!event) {
        lose();
        return 0;
    }
    __builtin_memset(event, 0, sizeof *event);
    event->time = now;
    event->kind = PROCESS_EVENT_FORK;
    event->process = process;
    bpf_ringbuf_submit(event, wake());
    return 0;
}

/* What is known of the data that another process has written. */
static __always_inline void fill_doubt(struct process_event *event, const struct mark *mark)
{
    if (mark->is_mixed)
        event->flags |= PROCESS_EVENT_MIXED;
    if (mark->has_sequence)
        event->flags |= PROCESS_EVENT_SEQUENCE;
    event->sequence = mark->sequence;
}

/* owner: who sends or receives; mark: the socket's, as it is now. False when there was no room. */
static __always_inline bool report_owner(struct sock *sk, __u32 kind, const struct owner *owner,
                                         const struct mark *mark)
{
    struct process_event *event = bpf_ringbuf_reserve(&records, sizeof *event, 0);

    if (!event) {
        lose();
        return false;
    }
    fill_socket(event, sk, kind);
    fill_owner(event, owner);
    if (kind != PROCESS_EVENT_RECEIVE)
        fill_doubt(event, mark);
    else if (mark->is_several)
        event->flags |= PROCESS_EVENT_SEVERAL;
    bpf_ringbuf_submit(event, wake());
    return true;
}

/* Whether another socket has sent from this port since this one did. */
static __always_inline bool another_sent(struct sock *sk)
{
    const struct shared_port port = {
        .network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
        .protocol = BPF_CORE_READ(sk, sk_protocol),
        .port = BPF_CORE_READ(sk, __sk_common.skc_num),
    };
    const __u64 own = (__u64)sk;
    const __u64 *last = bpf_map_lookup_elem(&last_senders, &port);

    if (last && *last == own)
        return false;
    bpf_map_update_elem(&last_senders, &port, &own, BPF_ANY);
    return true;
}

/* A socket of a task, into the sequence of an iterator. */
static __always_inline void report_existing(struct seq_file *sequence, struct task_struct *task,
                                            struct sock *sk)
{
    struct process_event event;

    if (!is_ip(BPF_CORE_READ(sk, __sk_common.skc_family)))
        return;
    report_process(task, false);
    fill_socket(&event, sk, PROCESS_EVENT_EXISTING);
    event.time = 0;
    event.process = event.thread = BPF_CORE_READ(task, tgid);
    event.user = BPF_CORE_READ(task, cred, uid.val);
    event.program = (__u32)BPF_CORE_READ(task, self_exec_id);
    event.started = (__u32)BPF_CORE_READ(task, start_boottime);
    bpf_seq_write(sequence, &event, sizeof event);
}

#endif
