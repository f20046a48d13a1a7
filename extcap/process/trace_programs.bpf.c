/*
 * The programs for kernels from 6.3 on: on tracepoints alone. Where a process sends is known from
 * its context when a packet is handed to a device: TCP has then locked the socket for the process;
 * UDP and raw sockets send in no softirq. There is no tracepoint where a UDP socket gets a port or
 * is closed; instead, the first delivery to a socket is reported, and each packet without a socket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define TASK_MEMBER(task, member) ((task)->member)
#define SOCK_BITS(sk, member) BPF_CORE_READ_BITFIELD(sk, member)
#include "socket_programs.h"

#include "raw_packets.h"

char LICENSE[] SEC("license") = "GPL";

enum {
    STATE_ESTABLISHED = 1,
    STATE_SYN_SENT = 2,
    STATE_SYN_RECV = 3,
    STATE_TIME_WAIT = 6,
    STATE_CLOSE = 7,
    STATE_LISTEN = 10,
    STATE_NEW_SYN_RECV = 12,

    PROCESSORS_MAX = 1024, /* with more of them, two have one flag */
    CACHE_LINE = 64,
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, struct mark);
} marks SEC(".maps");

/* Whether a processor serves a softirq, in which the current task is whichever was interrupted. */
struct {
    bool serves_softirq;
    char padding[CACHE_LINE - 1];
} processors[PROCESSORS_MAX];

static __always_inline void set_softirq(bool serves)
{
    processors[bpf_get_smp_processor_id() % PROCESSORS_MAX].serves_softirq = serves;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq)
{
    set_softirq(true);
    return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_end)
{
    set_softirq(false);
    return 0;
}

static __always_inline bool is_in_process(struct task_struct *task)
{
    return !processors[bpf_get_smp_processor_id() % PROCESSORS_MAX].serves_softirq &&
           !is_kernel_task(task);
}

static __always_inline struct mark *find_mark(struct sock *sk)
{
    return bpf_sk_storage_get(&marks, sk, 0, 0);
}

static __always_inline struct mark *make_mark(struct sock *sk)
{
    return bpf_sk_storage_get(&marks, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
}

static __always_inline __u32 fold(const struct in6_addr *address)
{
    const __u32 *words = (const void *)address;

    return words[0] * 31 + words[1] * 131 + words[2] * 8191 + words[3];
}

static __always_inline __u32 source_of(struct sk_buff *skb)
{
    const unsigned char *header = skb->head + skb->network_header;
    struct in6_addr address;
    __u32 first[4] = {0}; /* words of an IPv4 header up to its source address */

    bpf_probe_read_kernel(first, sizeof first, header);
    if ((*(__u8 *)first) >> 4 == 4)
        return first[3];
    if (bpf_probe_read_kernel(&address, sizeof address, header + 8) != 0)
        return 0;
    return fold(&address);
}

/* Of a socket without an address of its own, that of the packet. */
static __always_inline struct route route_of(struct sock *sk, struct sk_buff *skb)
{
    struct route route = {
        .local_port = sk->__sk_common.skc_num,
        .remote_port = sk->__sk_common.skc_dport,
    };

    if (sk->__sk_common.skc_family == FAMILY_IPV4) {
        route.local = sk->__sk_common.skc_rcv_saddr;
        route.remote = sk->__sk_common.skc_daddr;
    } else {
        struct in6_addr address;

        BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
        route.local = fold(&address);
        BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_daddr);
        route.remote = fold(&address);
    }
    if (route.local == 0)
        route.local = source_of(skb);
    return route;
}

static __always_inline bool is_same_route(const struct route *a, const struct route *b)
{
    return a->local == b->local && a->remote == b->remote && a->local_port == b->local_port &&
           a->remote_port == b->remote_port;
}

static __always_inline bool is_any(const __u8 address[16])
{
    const __u64 *words = (const void *)address;

    return words[0] == 0 && words[1] == 0;
}

static __always_inline bool report_packet(struct sock *sk, struct sk_buff *skb, __u32 kind,
                                          const struct owner *owner)
{
    struct process_event *event = bpf_ringbuf_reserve(&records, sizeof *event, 0);

    if (!event) {
        lose();
        return false;
    }
    fill_socket(event, sk, kind);
    fill_owner(event, owner);
    if (is_any(event->local))
        read_source(event, skb);
    bpf_ringbuf_submit(event, wake());
    return true;
}

/* Whether the current process is the one that sends this packet. */
static __always_inline bool is_sent_by_process(struct sock *sk, struct task_struct *task)
{
    return is_in_process(task) && (sk->sk_protocol != PROTOCOL_TCP || sk->sk_lock.owned != 0);
}

static __always_inline __u32 kind_of(const struct mark *mark)
{
    if (mark->is_kernel)
        return PROCESS_EVENT_KERNEL;
    if (mark->is_inherited)
        return PROCESS_EVENT_LISTEN;
    return mark->is_reported ? PROCESS_EVENT_SEND : PROCESS_EVENT_CONNECT;
}

static __always_inline void report_sender(struct sock *sk, struct sk_buff *skb,
                                          struct task_struct *task, struct mark *mark)
{
    const struct route route = route_of(sk, skb);
    bool is_changed = !mark->is_reported || !is_same_route(&mark->sent, &route);

    if (!mark->is_kernel && is_sent_by_process(sk, task)) {
        const struct owner owner = current_owner(task);

        if (mark->is_inherited || !is_same_owner(&mark->sender, &owner)) {
            mark->sender = owner;
            mark->is_inherited = 0;
            is_changed = true;
            report_process(task, true);
        }
    }
    if (sk->sk_protocol != PROTOCOL_TCP && is_shared(sk) && another_sent(sk))
        is_changed = true;
    if (!is_changed || (mark->sender.id == 0 && !mark->is_kernel))
        return;
    if (report_packet(sk, skb, kind_of(mark), &mark->sender)) {
        mark->sent = route;
        mark->is_reported = 1;
    } else {
        mark->sent.local_port = 0; /* the next packet tries again */
    }
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_queue, struct sk_buff *skb)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct sock *sk = skb->sk;
    struct mark *mark;

    if (!sk || sk->__sk_common.skc_state == STATE_NEW_SYN_RECV ||
        sk->__sk_common.skc_state == STATE_TIME_WAIT) /* these are no full sockets */
        return 0;
    if (!is_ip(sk->__sk_common.skc_family))
        return 0;
    if (sk->sk_type == TYPE_RAW) {
        report_raw(sk, skb, task, is_kernel_socket(sk) || !is_in_process(task));
        return 0;
    }
    mark = find_mark(sk);
    if (!mark) {
        if (!is_kernel_socket(sk) && !is_sent_by_process(sk, task))
            return 0;
        mark = make_mark(sk);
        if (!mark)
            return 0;
        mark->is_kernel = is_kernel_socket(sk);
        mark->is_reported = sk->sk_protocol == PROTOCOL_TCP; /* it was connected before */
    }
    report_sender(sk, skb, task, mark);
    return 0;
}

/* A process makes the socket connect or listen. */
static __always_inline void take_over(struct sock *sk, struct task_struct *task, bool is_listening)
{
    struct mark *mark = make_mark(sk);

    if (!mark)
        return;
    mark->is_reported = mark->is_inherited = 0;
    mark->is_kernel = is_kernel_socket(sk) || is_kernel_task(task);
    mark->sender = current_owner(task);
    mark->receiver.id = 0;
    if (mark->is_kernel)
        mark->sender.id = 0;
    else
        report_process(task, true);
    if (is_listening)
        report_socket(sk, mark->is_kernel ? PROCESS_EVENT_KERNEL : PROCESS_EVENT_LISTEN,
                      &mark->sender);
}

/* A connection has the mark of its listener, whose sender is the one that listened. */
static __always_inline void inherit(struct sock *sk)
{
    struct mark *mark = find_mark(sk);

    if (!mark)
        return;
    mark->is_inherited = !mark->is_kernel;
    mark->is_reported = 0;
    mark->receiver.id = 0;
    report_socket(sk, mark->is_kernel ? PROCESS_EVENT_KERNEL : PROCESS_EVENT_LISTEN, &mark->sender);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old, int new)
{
    struct task_struct *task = bpf_get_current_task_btf();

    if (new == STATE_SYN_SENT || new == STATE_LISTEN)
        take_over(sk, task, new == STATE_LISTEN);
    else if (old == STATE_SYN_RECV && new == STATE_ESTABLISHED)
        inherit(sk);
    else if (old == STATE_LISTEN && new == STATE_CLOSE)
        report_socket(sk, PROCESS_EVENT_CLOSE, NULL);
    return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_sent, struct sock *sk, int length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct owner owner;
    struct mark *mark;

    if (length < 0 || !is_ip(sk->__sk_common.skc_family) || sk->sk_type == TYPE_RAW ||
        is_kernel_task(task))
        return 0;
    mark = make_mark(sk);
    if (!mark || (mark->sender.id == bpf_get_current_pid_tgid() && !mark->is_inherited))
        return 0; /* what else may have changed was seen when the packet was handed over */
    owner = current_owner(task);
    report_process(task, true);
    if (report_socket(sk, PROCESS_EVENT_SEND, &owner)) {
        mark->sender = owner;
        mark->is_inherited = 0;
    }
    return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_received, struct sock *sk, int length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct owner owner;
    struct mark *mark;

    if (!is_ip(sk->__sk_common.skc_family) || sk->sk_type == TYPE_RAW || is_kernel_task(task))
        return 0;
    mark = make_mark(sk);
    owner = current_owner(task);
    if (!mark || (is_same_owner(&mark->receiver, &owner) && !mark->is_inherited))
        return 0;
    report_process(task, true);
    if (!report_socket(sk, PROCESS_EVENT_RECEIVE, &owner))
        return 0;
    mark->receiver = owner;
    if (mark->is_inherited) {
        mark->sender = owner;
        mark->is_inherited = 0;
    }
    return 0;
}

/* A datagram for a socket from which nobody has read yet. */
SEC("tp_btf/sk_data_ready")
int BPF_PROG(on_delivery, struct sock *sk)
{
    struct mark *mark;

    if (sk->sk_protocol != PROTOCOL_UDP || !is_ip(sk->__sk_common.skc_family))
        return 0;
    mark = make_mark(sk);
    if (!mark || mark->is_kernel || mark->receiver.id != 0 || mark->is_reported)
        return 0;
    if (report_socket(sk, PROCESS_EVENT_DELIVERY, NULL))
        mark->is_reported = 1;
    return 0;
}

static __always_inline void swap_ends(struct process_event *event)
{
    const __u16 port = event->local_port;
    __u64 *local = (void *)event->local;
    __u64 *remote = (void *)event->remote;

    event->local_port = event->remote_port;
    event->remote_port = port;
    for (unsigned word = 0; word < 2; word++) {
        const __u64 address = local[word];

        local[word] = remote[word];
        remote[word] = address;
    }
}

/* A packet without a socket: whoever had its port has it no more. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
{
    struct process_event *event;

    if (reason != bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET))
        return 0;
    event = bpf_ringbuf_reserve(&records, sizeof *event, 0);
    if (!event) {
        lose();
        return 0;
    }
    __builtin_memset(event, 0, sizeof *event);
    event->time = bpf_ktime_get_ns();
    event->kind = PROCESS_EVENT_NONE;
    event->network = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
    read_packet(event, skb);
    swap_ends(event);
    bpf_ringbuf_submit(event, wake());
    return 0;
}

/* Sockets that were there before. */
SEC("iter/task_file")
int find_existing(struct bpf_iter__task_file *context)
{
    struct task_struct *task = context->task;
    struct file *file = context->file;
    struct socket *socket;
    struct sock *sk;

    if (!file || !task || task->tgid != task->pid)
        return 0;
    socket = bpf_sock_from_file(file);
    if (!socket)
        return 0;
    sk = BPF_CORE_READ(socket, sk);
    report_existing(context->meta->seq, task, sk);
    return 0;
}
