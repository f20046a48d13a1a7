# The profile "IP Monitor": what the build makes of Wireshark's, and what tshark makes of it.
# SPDX-License-Identifier: GPL-2.0-or-later
import re
import shutil
import subprocess

from scapy.layers.inet import IP, UDP

from capture_files import write_pcap
from programs import BUILD, TIMEOUT, TOP

PROFILE = BUILD / 'plugin' / 'profile' / 'IP Monitor'
DARK, LIGHT = '[4718,10030,11796][65535,65535,65535]', '[65535,65535,65535][0,0,0]'


def configure(folder, data):
    """CMake, as for a Wireshark whose data are in another folder."""
    return subprocess.run(['cmake', '-S', TOP, '-B', folder, '-G', 'Ninja', '-DIPMON_TESTS=OFF',
                           f'-DIPMON_DATA_FOLDER={data}'], capture_output=True, text=True, timeout=TIMEOUT)


def colour_rules(tmp_path, stock):
    (tmp_path / 'colorfilters').write_text(stock)
    result = configure(tmp_path / 'build', tmp_path)
    assert result.returncode == 0, result.stderr
    made = tmp_path / 'build' / 'plugin' / 'profile' / 'IP Monitor' / 'colorfilters'
    return [line for line in made.read_text().splitlines() if not line.startswith('#')]


def test_rules_of_wireshark_stand_around_those_of_ipmon(tmp_path):
    """Whatever they are: those on dark ground before, those on light ground behind, both in order."""
    trouble = [f'@Bad; "[x]"@eth[0] == 1 && tcp.flags in {{1;2}}@{DARK}', f'!@Off@ip.ttl < 5@{DARK}']
    protocols = [f'@ARP@arp@{LIGHT}', f'@Mail \\ $@smtp || imap@{LIGHT}']
    stock = ['# a comment', trouble[0], protocols[0], '', trouble[1], protocols[1]]
    rules = colour_rules(tmp_path, '\n'.join(stock) + '\n')
    own = (TOP / 'plugin' / 'profile' / 'colour_rules').read_text().splitlines()
    assert rules == trouble + own + protocols


def test_without_rules_of_wireshark(tmp_path):
    missing = configure(tmp_path / 'build', tmp_path)
    assert missing.returncode != 0
    assert f'{tmp_path}/colorfilters' in missing.stderr and 'libwireshark-data' in missing.stderr
    (tmp_path / 'colorfilters').write_text('# nothing\n')
    empty = configure(tmp_path / 'build', tmp_path)
    assert empty.returncode != 0 and f'{tmp_path}/colorfilters' in empty.stderr


def test_the_profile(programs):
    """tshark takes the profile, with its columns and colours."""
    folder = programs.home / '.config' / 'wireshark' / 'profiles' / 'IP Monitor'
    shutil.copytree(PROFILE, folder)
    file = write_pcap(programs.readable('profile.pcap'), [IP(src='1.1.1.1', dst='2.2.2.2', tos=0xC0, flags='evil') / UDP(sport=9)])
    try:
        result = programs.tshark('-n', '-C', 'IP Monitor', '-r', file)
        assert result.returncode == 0
        assert b' CS6 ' in result.stdout and b' ipintr-badflag ' in result.stdout
        rule = programs.tshark('-n', '-C', 'IP Monitor', '--color', '-r', file, '-O', 'frame')
        assert b'Coloring Rule Name: Network event, warning' in rule.stdout
        assert not [line for line in result.stderr.splitlines() if b'ipmon' in line or b'color' in line]
    finally:
        shutil.rmtree(folder)


def profile_filters():
    patterns = {'colorfilters': r'^@[^@]*@([^@]*)@', 'dfilter_buttons': r'^"TRUE","[^"]*","([^"]*)"',
                'io_graphs': r'^"Enabled","[^"]*","([^"]*)"'}
    return [text for name, pattern in patterns.items()
            for text in re.findall(pattern, (PROFILE / name).read_text(), re.MULTILINE)]


def test_filters_of_the_profile(programs):
    file = write_pcap(programs.readable('profile.pcap'), [IP() / UDP()])
    filters = profile_filters()
    assert len(filters) > 25
    for text in filters:
        result = programs.tshark('-r', file, '-Y', text.replace('\\x22', '"'))
        assert result.returncode == 0, (text, result.stderr)
