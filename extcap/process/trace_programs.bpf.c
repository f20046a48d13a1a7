/*
 * The programs for kernels from 6.3 on: on tracepoints alone. Where a process sends is known from
 * its context when a packet is handed to a device: TCP has then locked the socket for the process;
 * UDP and raw sockets send in no softirq. There is no tracepoint where a UDP socket gets a port or
 * is closed; instead, the first delivery to a socket is reported, and each packet without a socket.
 *
 * A packet costs little more than the calls of the programs when the socket, the process and the
 * addresses are those of the latest packet of this processor, and no mark has changed since: then
 * it changes nothing. Programs call helpers of the kernel only where it is not so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define TASK_MEMBER(task, member) ((task)->member)
#define CURRENT_ID(task) ((__u64)(task)->tgid << 32 | (__u32)(task)->pid)
#define CURRENT_USER(task) ((task)->cred->uid.val)
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

/* A pointer to read by, of a type of the kernel. */
extern void *bpf_rdonly_cast(const void *pointer, __u32 type) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, struct mark);
} marks SEC(".maps");

/* What a processor does. */
struct processor {
    /* The latest packet here that a process sent and that changed nothing. */
    __u64 socket;  /* 0: none */
    __u64 changes; /* of marks, until then */
    struct owner sender;
    struct route sent;
    bool is_new;         /* the end of the call that sent it was not seen yet */
    bool serves_softirq; /* then the current task is whichever was interrupted */
} __attribute__((aligned(CACHE_LINE)));

static struct processor processors[PROCESSORS_MAX];

/* How often a mark has changed. */
static struct {
    __u64 count;
} changes __attribute__((aligned(CACHE_LINE)));

/* Before a mark is changed, so that no processor relies on it any more. */
static __always_inline void note_change(void)
{
    __sync_fetch_and_add(&changes.count, 1);
}

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

static __always_inline bool is_realtime(struct task_struct *task)
{
    return bpf_core_field_exists(((struct task_struct___realtime *)task)->softirq_disable_cnt);
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
    return address->in6_u.u6_addr32[0] * 31 + address->in6_u.u6_addr32[1] * 131 +
           address->in6_u.u6_addr32[2] * 8191 + address->in6_u.u6_addr32[3];
}

static __always_inline __u32 source_of(struct sk_buff *skb)
{
    const void *header = skb->head + skb->network_header;
    const struct iphdr *ip = bpf_rdonly_cast(header, bpf_core_type_id_kernel(struct iphdr));
    const struct ipv6hdr *ip6 = bpf_rdonly_cast(header, bpf_core_type_id_kernel(struct ipv6hdr));

    return BPF_CORE_READ_BITFIELD(ip, version) == 4 ? ip->saddr : fold(&ip6->saddr);
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
        route.local = fold(&sk->__sk_common.skc_v6_rcv_saddr);
        route.remote = fold(&sk->__sk_common.skc_v6_daddr);
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
                                          const struct mark *mark)
{
    struct process_event *event = bpf_ringbuf_reserve(&records, sizeof *event, 0);

    if (!event) {
        lose();
        return false;
    }
    fill_socket(event, sk, kind);
    fill_owner(event, &mark->sender);
    fill_doubt(event, mark);
    if (is_any(event->local))
        read_source(event, skb);
    bpf_ringbuf_submit(event, wake());
    return true;
}

/* Whether the current process is the one that sends this packet. */
static __always_inline bool is_sent_by_process(struct sock *sk, struct task_struct *task)
{
    return (sk->sk_protocol != PROTOCOL_TCP || sk->sk_lock.owned != 0) && is_in_process(task);
}

/* Not with PREEMPT_RT, where a program may interrupt another one of the same processor. */
static __always_inline struct processor *this_processor(struct task_struct *task)
{
    const __u32 number = bpf_get_smp_processor_id();

    return number < PROCESSORS_MAX && !is_realtime(task) ? &processors[number] : NULL;
}

/* Whether a packet is like the latest one. In a softirq it does not matter whose it is then. */
static __always_inline bool is_repeated(const struct processor *processor, struct sock *sk,
                                        const struct owner *owner, const struct route *route)
{
    return processor->socket == (__u64)sk && processor->changes == changes.count &&
           is_same_owner(&processor->sender, owner) && is_same_route(&processor->sent, route);
}

static __always_inline __u32 kind_of(const struct mark *mark)
{
    if (mark->is_kernel)
        return PROCESS_EVENT_KERNEL;
    if (mark->is_inherited)
        return PROCESS_EVENT_LISTEN;
    if (mark->is_reported)
        return PROCESS_EVENT_SEND;
    return mark->is_accepted ? PROCESS_EVENT_ACCEPT : PROCESS_EVENT_CONNECT;
}

/* A packet that is handed over. */
struct sending {
    struct sock *sk;
    struct sk_buff *skb;
    struct task_struct *task;
    struct processor *processor; /* NULL: nothing is kept of it */
    struct owner owner;          /* the current one */
    struct route route;
    __u64 changes; /* before the mark was read */
};

static __always_inline void keep(const struct sending *sending)
{
    struct processor *processor = sending->processor;

    if (!processor)
        return;
    processor->socket = (__u64)sending->sk;
    processor->changes = sending->changes;
    processor->sender = sending->owner;
    processor->sent = sending->route;
    processor->is_new = true;
}

static __always_inline bool is_tcp(struct sock *sk)
{
    return sk->sk_protocol == PROTOCOL_TCP;
}

static __always_inline bool is_taken_over(const struct sending *sending, struct mark *mark)
{
    if (!mark->is_inherited && is_known_sender(mark, &sending->owner))
        return false;
    note_change();
    take_sender(mark, &sending->owner, is_tcp(sending->sk));
    report_process(sending->task, true);
    return true;
}

/*
 * Datagrams of the process before may wait in the queue of the interface, and reach the capture
 * after this record. Returns whether it is otherwise than for the datagram before.
 */
static __always_inline bool is_mixed_up(const struct sending *sending, struct mark *mark,
                                        bool is_changed)
{
    struct sock *sk = sending->sk;
    const bool waits = sk->sk_wmem_alloc.refs.counter > (int)sending->skb->truesize + 1;

    if (waits && is_changed && mark->is_reported)
        mark->is_mixed = 1;
    if (waits || !mark->is_mixed)
        return false;
    mark->is_mixed = 0;
    return true;
}

static __always_inline void report_sender(const struct sending *sending, struct mark *mark)
{
    struct sock *sk = sending->sk;
    bool is_changed = !mark->is_reported || !is_same_route(&mark->sent, &sending->route);
    const bool is_process = !mark->is_kernel && is_sent_by_process(sk, sending->task);

    if (is_process && is_taken_over(sending, mark))
        is_changed = true;
    if (sending->skb->data_len != 0) /* where the data of a segment are */
        mark->has_written = 1;
    if (!is_tcp(sk) && (is_mixed_up(sending, mark, is_changed) || another_sent(sk)))
        is_changed = true;
    if (!is_changed) {
        if (is_process && !mark->is_mixed)
            keep(sending);
        return;
    }
    if (mark->sender.id == 0 && !mark->is_kernel)
        return;
    note_change();
    if (report_packet(sk, sending->skb, kind_of(mark), mark)) {
        mark->sent = sending->route;
        mark->is_reported = 1;
    } else {
        mark->sent.local_port = 0; /* the next packet tries again */
    }
}

/* Of a socket that has none, if it is known whose it is. */
static __always_inline struct mark *make_sender(const struct sending *sending)
{
    struct sock *sk = sending->sk;
    const bool is_kernel = is_kernel_socket(sk);
    struct mark *mark;

    if (!is_kernel && !is_sent_by_process(sk, sending->task))
        return NULL;
    mark = make_mark(sk);
    if (!mark)
        return NULL;
    mark->is_kernel = is_kernel;
    mark->is_reported = is_tcp(sk); /* it was connected before */
    mark->is_mixed = mark->has_written = is_tcp(sk) && has_several_owners(sk, sending->task);
    return mark;
}

static __always_inline void take_packet(struct sock *sk, struct sk_buff *skb,
                                        struct task_struct *task)
{
    const struct sending sending = {
        .sk = sk,
        .skb = skb,
        .task = task,
        .processor = this_processor(task),
        .owner = current_owner(task),
        .route = route_of(sk, skb),
        .changes = changes.count,
    };
    struct mark *mark;

    if (sending.processor && is_repeated(sending.processor, sk, &sending.owner, &sending.route)) {
        sending.processor->is_new = true;
        return;
    }
    mark = find_mark(sk);
    if (!mark)
        mark = make_sender(&sending);
    if (mark)
        report_sender(&sending, mark);
}

static __always_inline void take_raw(struct sock *sk, struct sk_buff *skb, struct task_struct *task,
                                     bool is_kernel)
{
    report_raw(sk, skb, task, is_kernel);
    note_change();
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_queue, struct sk_buff *skb)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct sock *sk = skb->sk;

    if (!sk || sk->__sk_common.skc_state == STATE_TIME_WAIT)
        return 0;
    if (sk->__sk_common.skc_family == FAMILY_PACKET && is_ip_packet(skb))
        take_raw(sk, skb, task, !is_in_process(task));
    else if (!is_ip(sk->__sk_common.skc_family))
        return 0;
    else if (sk->__sk_common.skc_state == STATE_NEW_SYN_RECV)
        report_request(sk);
    else if (sk->sk_type == TYPE_RAW)
        take_raw(sk, skb, task, is_kernel_socket(sk) || !is_in_process(task));
    else
        take_packet(sk, skb, task);
    return 0;
}

/* A process makes the socket connect or listen. */
static __always_inline void take_over(struct sock *sk, struct task_struct *task, bool is_listening)
{
    struct mark *mark = make_mark(sk);

    if (!mark)
        return;
    note_change();
    mark->is_reported = mark->is_inherited = 0;
    mark->is_mixed = mark->has_sequence = mark->is_several = mark->is_threaded = 0;
    mark->is_accepted = mark->has_written = 0;
    mark->is_kernel = is_kernel_socket(sk) || is_kernel_task(task);
    mark->sender = current_owner(task);
    mark->receiver.id = 0;
    if (mark->is_kernel)
        mark->sender.id = 0;
    else
        report_process(task, true);
    if (!is_listening)
        return;
    note_listener(sk, &mark->sender, mark->is_kernel);
    report_socket(sk, mark->is_kernel ? PROCESS_EVENT_KERNEL : PROCESS_EVENT_LISTEN, &mark->sender);
}

/* A connection has the mark of its listener, whose sender is the one that listened. */
static __always_inline void inherit(struct sock *sk)
{
    struct mark *mark = find_mark(sk);

    if (!mark) { /* the listener was there before the capture */
        report_socket(sk, PROCESS_EVENT_BEGIN, NULL);
        mark = make_mark(sk);
        if (mark) {
            mark->is_kernel = is_kernel_socket(sk);
            mark->is_accepted = 1;
        }
        return;
    }
    note_change();
    mark->is_inherited = !mark->is_kernel;
    mark->is_accepted = 1;
    mark->has_written = 0;
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
    else if (old == STATE_LISTEN && new == STATE_CLOSE) {
        report_socket(sk, PROCESS_EVENT_CLOSE, NULL);
        forget_listener(sk);
    }
    return 0;
}

/* Whether this is the end of a call whose packet changed nothing. */
static __always_inline bool is_settled(struct sock *sk, struct task_struct *task)
{
    struct processor *processor = this_processor(task);

    if (!processor || !processor->is_new || processor->socket != (__u64)sk ||
        processor->sender.id != CURRENT_ID(task) || processor->changes != changes.count)
        return false;
    processor->is_new = false;
    return true;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_sent, struct sock *sk, int length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct owner owner;
    struct mark *mark;

    if (is_settled(sk, task) || length < 0 || !is_ip(sk->__sk_common.skc_family) ||
        sk->sk_type == TYPE_RAW || is_kernel_task(task))
        return 0;
    mark = make_mark(sk);
    owner = current_owner(task);
    if (!mark ||
        (is_known_sender(mark, &owner) && !mark->is_inherited && (!mark->is_mixed || !is_tcp(sk))))
        return 0; /* what else may have changed was seen when the packet was handed over */
    report_process(task, true);
    note_change();
    take_sender(mark, &owner, is_tcp(sk));
    end_doubt(mark, written(sk) - length, is_tcp(sk));
    mark->has_written = 1;
    if (!report_owner(sk, PROCESS_EVENT_SEND, &mark->sender, mark))
        mark->sent.local_port = 0; /* the next packet tries again */
    return 0;
}

/* Once a second process has received from it, both may. */
static __always_inline bool is_of_several(struct sock *sk, struct task_struct *task,
                                          const struct mark *mark, const struct owner *owner)
{
    return has_several_owners(sk, task) ||
           (mark->receiver.id != 0 && (mark->receiver.id >> 32) != (owner->id >> 32));
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_received, struct sock *sk, int length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct owner owner;
    struct mark *mark;
    bool is_several;

    if (length < 0 || !is_ip(sk->__sk_common.skc_family) || sk->sk_type == TYPE_RAW ||
        is_kernel_task(task))
        return 0;
    mark = make_mark(sk);
    owner = current_owner(task);
    if (!mark)
        return 0;
    is_several = is_of_several(sk, task, mark, &owner);
    if (is_same_owner(&mark->receiver, &owner) && !mark->is_inherited &&
        mark->is_several == is_several && !has_forked(mark))
        return 0;
    report_process(task, true);
    mark->is_several = is_several;
    mark->received = bpf_ktime_get_ns();
    if (!report_owner(sk, PROCESS_EVENT_RECEIVE, &owner, mark)) {
        mark->receiver.id = 0;
        return 0;
    }
    note_change();
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
