# The capture that the window shows: what an application does in a second, seen on its own host. Some
# of its connections fail, each in another way.
# SPDX-License-Identifier: GPL-2.0-or-later
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.packet import Raw
from scapy.utils import wrpcap

HOST, ROUTER, SERVER, DARK = '10.11.1.2', '10.11.1.1', '10.11.2.2', '10.11.2.9'
HOST6, SERVER6 = 'fd11:1:1::2', 'fd11:1:2::2'
HOST_MAC, ROUTER_MAC = '02:00:00:00:00:02', '02:00:00:00:00:01'
GET = b'GET /stock/4711 HTTP/1.1\r\nHost: stock.example\r\n\r\n'
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n17 pc'


class Scene:
    """Frames with their times, in order; the numbers of some under a name, from 1."""

    def __init__(self):
        self.frames, self.number, self.time = [], {}, 1_700_000_000.0

    def add(self, packet, name=None, after=0.004):
        self.time += after
        ours = packet.src in (HOST, HOST6)
        frame = Ether(src=HOST_MAC if ours else ROUTER_MAC, dst=ROUTER_MAC if ours else HOST_MAC) / packet
        frame = Ether(bytes(frame))
        frame.time = self.time
        self.frames.append(frame)
        if name:
            self.number[name] = len(self.frames)
        return frame.payload

    def write(self, path):
        wrpcap(str(path), self.frames)
        return path


class Connection:
    """A TCP connection of the host: each side's next sequence number."""

    def __init__(self, scene, port, server_port, server=SERVER, **fields):
        self.scene, self.server, self.ports, self.fields = scene, server, (port, server_port), fields
        self.next = {True: port * 1000, False: port * 2000}  # by whether the host sends

    def send(self, ours, flags, data=b'', again=False, **options):
        source, destination = self.ports if ours else self.ports[::-1]
        length = len(data) + ('S' in flags) + ('F' in flags)
        first = self.next[ours] - (length if again else 0)
        packet = IP(src=HOST if ours else self.server, dst=self.server if ours else HOST, flags='DF',
                    id=first & 0xFFFF, **self.fields)
        segment = TCP(sport=source, dport=destination, flags=flags, seq=first,
                      ack=self.next[not ours] if 'A' in flags else 0, window=64240)
        if not again:
            self.next[ours] += length
        return self.scene.add(packet / segment / Raw(data) if data else packet / segment, **options)

    def open(self):
        self.send(True, 'S')
        self.send(False, 'SA', after=0.03)
        self.send(True, 'A', after=0.0001)

    def ask(self):
        self.send(True, 'PA', GET)
        self.send(False, 'A', after=0.03)
        self.send(False, 'PA', ANSWER)
        self.send(True, 'A', after=0.0001)

    def close(self):
        self.send(True, 'FA')
        self.send(False, 'FA', after=0.03)
        self.send(True, 'A', after=0.0001)


def udp(source, destination, **fields):
    return IP(src=HOST, dst=fields.pop('dst', SERVER), **fields) / UDP(sport=source, dport=destination)


def icmp(scene, name, sender, quoted, **fields):
    scene.add(IP(src=sender, dst=HOST, ttl=64 if sender == ROUTER else 63, tos=0xC0)
              / ICMP(type=3, **fields) / IPerror(bytes(quoted)[:48]), name, after=0.03)


def resolve(scene):
    question = DNSQR(qname='stock.example')
    scene.add(udp(40053, 53, dst=ROUTER) / DNS(id=7, rd=1, qd=question))
    scene.add(IP(src=ROUTER, dst=HOST) / UDP(sport=53, dport=40053)
              / DNS(id=7, qr=1, qd=question, an=DNSRR(rrname='stock.example', rdata=SERVER)), after=0.02)


def healthy(scene, port, **fields):
    connection = Connection(scene, port, 80, **fields)
    connection.open()
    connection.ask()
    connection.close()


def with_a_loss(scene):
    connection = Connection(scene, 41002, 80)
    connection.open()
    connection.send(True, 'PA', GET)
    connection.send(True, 'PA', GET, again=True, after=0.23, name='retransmission')
    connection.send(False, 'A', after=0.03)
    connection.send(False, 'PA', ANSWER)
    connection.send(True, 'A', after=0.0001)
    connection.close()


def refused(scene):
    connection = Connection(scene, 41003, 5432)
    connection.send(True, 'S', name='refused')
    connection.send(False, 'RA', after=0.03, name='reset')


def closed_port(scene):
    sent = scene.add(udp(41004, 514) / Raw(b'<13>stock: started'), 'datagram')
    icmp(scene, 'port unreachable', SERVER, sent, code=3)


def closed_port6(scene):
    """A program that tries again, three times in all."""
    for attempt in range(3):
        sent = scene.add(IPv6(src=HOST6, dst=SERVER6) / UDP(sport=41008, dport=514) / Raw(b'<13>stock: %d' % attempt),
                         'datagram6', after=0.2)
        scene.add(IPv6(src=SERVER6, dst=HOST6, hlim=63) / ICMPv6DestUnreach(code=4) / Raw(bytes(sent)),
                  ('port unreachable6', 'second6', 'third6')[attempt], after=0.03)


def prohibited(scene):
    sent = Connection(scene, 41005, 7001).send(True, 'S', name='prohibited')
    icmp(scene, 'filtered', ROUTER, sent, code=13)


def aborted(scene):
    connection = Connection(scene, 41006, 6379)
    connection.open()
    connection.send(True, 'PA', b'GET 4711\r\n')
    connection.send(False, 'A', after=0.03)
    connection.send(False, 'RA', after=0.5, name='aborted')


def unanswered(scene):
    connection = Connection(scene, 41007, 9200, DARK)
    connection.send(True, 'S', name='unanswered')
    for gap in (1, 2, 4):
        connection.send(True, 'S', again=True, after=gap, name='given up')


def oddities(scene):
    scene.add(IP(src=SERVER, dst=HOST, ttl=63, flags='MF', id=9, proto=17) / Raw(b'\x12\x34\xa0\x2e\x02\x08\x00\x00' + bytes(504)),
              'fragment')
    scene.add(IP(src=SERVER, dst=HOST, ttl=63, frag=64, id=9, proto=17) / Raw(bytes(16)), 'last fragment')
    scene.add(IP(src=SERVER, dst=HOST, ttl=63, chksum=0x1234) / UDP(sport=123, dport=123) / Raw(bytes(48)), 'checksum')
    scene.add(udp(40004, 5004, tos=0xB8) / Raw(bytes(160)), 'voice', after=0.02)
    scene.add(IP(src=ROUTER, dst=HOST) / GRE() / IP(src='192.168.7.1', dst='192.168.7.2') / UDP(sport=5001, dport=5001)
              / Raw(b'inside'), 'tunnel')


def application():
    """The whole scene: requests that succeed, and those that do not."""
    scene = Scene()
    resolve(scene)
    refused(scene)
    closed_port(scene)
    with_a_loss(scene)
    prohibited(scene)
    aborted(scene)
    closed_port6(scene)
    oddities(scene)
    for port in range(41100, 41104):
        healthy(scene, port)
    unanswered(scene)
    return scene
