"""What a stranger may send: one idea a row, the files of a repository. What is said to each stands in expected.txt."""

from collections.abc import Iterator
from dataclasses import dataclass

SPEC = "specs/a.yaml"
FIELDS = {
    "jobspec_version": '"2.0"',
    "sources": '["media:a.mov"]',
    "output_directory": "proxies:out",
    "codec": "h264",
    "container": "mp4",
    "resolution": "half",
    "fps_mode": "same-as-source",
    "naming_template": '"{{ source_name }}"',
}
HEADER = '{"format":1,"line":"header","recipes":1,"toolchain":"9.0"}\n'
LOCK = "specs/a.lock.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """One idea: its name and the files that it puts into a repository, beside a fine jobspec.toml."""

    name: str
    files: dict[str, bytes]
    links: tuple[tuple[str, str], ...] = ()


def spec(**changed: str) -> bytes:
    """Return a fine spec with some fields said in other words."""
    return "".join(f"{name}: {value}\n" for name, value in {**FIELDS, **changed}.items()).encode(
        "utf-8", "surrogatepass"
    )


def template(text: str) -> bytes:
    """Return a spec with a naming template; single quotes stand twice in YAML."""
    doubled = text.replace("'", "''")
    return spec(naming_template=f"'{doubled}'")


def source(text: str) -> bytes:
    """Return a spec with one source, spelled in YAML's double quotes."""
    return spec(sources=f'["{text}"]')


def facts(**changed: str) -> str:
    """Return the facts of a lock's line, as JSON."""
    picture = {
        "codec": '"h264"',
        "colour": "{}",
        "counted": '"index"',
        "depth": "8",
        "frames": "10",
        "height": "180",
        "pixel_format": '"yuv420p"',
        "rate": '"25/1"',
        "sar": '"1/1"',
        "scan": '"progressive"',
        "width": "320",
    }
    outer = {"content": '{"sample":"sha256:00","size":9}', "format": '"mov"'}
    for name, value in changed.items():
        (picture if name in picture or name == "rotation" else outer)[name] = value
    told = ",".join(f'"{name}":{value}' for name, value in picture.items())
    return "{" + ",".join([*(f'"{name}":{value}' for name, value in outer.items()), f'"picture":{{{told}}}']) + "}"


def line(known: str | None = None, location: str = "media:a.mov", index: str = "0") -> str:
    """Return a source's line of a lock."""
    return f'{{"facts":{known or facts()},"index":{index},"line":"source","location":"{location}"}}\n'


def locked(*lines: str, head: str = HEADER) -> dict[str, bytes]:
    """Return a fine spec beside a lock of these lines."""
    return {SPEC: spec(), LOCK: (head + "".join(lines)).encode()}


_YAML = {
    "brackets": b"[" * 60_000,
    "braces": b"{a: " * 60_000,
    "dashes": b"- " * 60_000,
    "brackets over lines": b"[\n" * 60_000,
    "question marks": b"? " * 60_000,
    "a merge bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)),
    "an anchor": b"a: &a 1\n",
    "an alias of nothing": b"a: *a\n",
    "a merge key": b"<<: {a: 1}\n",
    "a tag that makes objects": b"a: !!python/object/apply:os.system [id]\n",
    "a tag of one's own": b"a: !x 1\n",
    "a tag of numbers": b"a: !!int '1'\n",
    "a second document": b"a: 1\n---\na: 2\n",
    "a directive": b"%YAML 9.9\n---\na: 1\n",
    "a mapping as key": b"{a: 1}: b\n",
    "a list as key": b"? [a]\n: b\n",
    "a key twice": b"a: 1\na: 2\n",
    "a key 5000 times": b"a: 1\n" * 5000,
    "5000 unknown fields": b"".join(b"k%d: 1\n" % number for number in range(5000)),
    "an empty file": b"",
    "nothing but a comment": b"#" * 100_000,
    "a list": b"- a\n",
    "a scalar": b"a\n",
    "zeros": b"\0" * 100,
    "latin-1": b"a: \xe9\n",
    "UTF-16": "a: 1\n".encode("utf-16"),
    "an overlong slash": b"a: \xc0\xaf\n",
    "a surrogate in UTF-8": b"a: \xed\xa0\x80\n",
    "a megabyte and one": b"#" * ((1 << 20) + 1),
    "a long text": b"a: " + b"x" * 20_000,
    "a long key": b"x" * 20_000 + b": a",
    "an escape sequence as key": b'"\\e[2J\\e]0;x\\a": 1\n',
    "a command of CI as key": b'"\\n::error::x": 1\n',
    "an open quote": b'a: "',
    "a tab": b"a:\n\t- b\n",
}
_FIELDS = {
    "true as a version": {"jobspec_version": "true"},
    "true as a number": {"audio": "{channels: true}"},
    "infinity as a rate": {"fps_mode": "explicit", "fps_explicit": ".inf"},
    "no number as a rate": {"fps_mode": "explicit", "fps_explicit": ".nan"},
    "a rate of many digits": {"fps_mode": "explicit", "fps_explicit": "9" * 10_000},
    "a rate of nothing": {"fps_mode": "explicit", "fps_explicit": "1/0"},
    "a power as a rate": {"fps_mode": "explicit", "fps_explicit": "1e9"},
    "Arabic digits": {"fps_mode": "explicit", "fps_explicit": '"٢٥"'},
    "a huge number of channels": {"audio": "{channels: 99999999999999999999}"},
    "a number with a line end": {"resolution": '"640x360\\n"'},
    "a huge resolution": {"resolution": "99999x99999"},
    "an id with a path": {"job_id": "../../x"},
    "an id with a line end": {"job_id": '"x\\n"'},
    "an option as codec": {"codec": '"-i"'},
    "another muxer": {"container": '"mov -y /etc/passwd"'},
    "arguments of one's own": {"ffmpeg_args": '["-i", "/etc/passwd"]'},
    "names that the tool fills": {"resolved_tokens": "{}"},
    "an output above": {"output_directory": '"../x"'},
    "an output above its root": {"output_directory": "proxies:../x"},
    "an output at an undeclared root": {"output_directory": "etc:x"},
    "a base outside": {"extends": "../../../etc/passwd"},
    "an absolute base": {"extends": "/etc/passwd"},
    "a base that is itself": {"extends": "a.yaml"},
    "a LUT outside": {"lut": "/etc/passwd"},
    "a LUT above": {"lut": "../../etc/passwd"},
    "a LUT that is git's": {"lut": ".git/config"},
    "a template file above": {"naming_template": "../x.j2"},
    "a text of an overlay that is no text": {"overlay": "[{show: text, text: [movie=x]}]"},
    "a size of an overlay": {"overlay": "[{show: timecode, size: 100000}]"},
    "a place of an overlay": {"overlay": "[{show: timecode, position: 'x=0:textfile=/etc/passwd'}]"},
    "300 tokens": {"tokens": "{" + ", ".join(f"t{number}: x" for number in range(300)) + "}"},
    "a token that is a class": {"tokens": "{__class__: x}"},
    "no source": {"sources": "[]"},
    "a thousand wrong sources": {"sources": "[" + "{}, " * 1000 + "]"},
    "a source twice": {"sources": '["media:a.mov", "media:./a.mov"]'},
}
_SOURCES = {
    "concat": "concat:a|b",
    "http": "http://127.0.0.1/a.mov",
    "pipe": "pipe:0",
    "a file address": "file:///etc/passwd",
    "above a root": "media:../../etc/passwd",
    "an absolute place below a root": "media:/etc/passwd",
    "a NUL": "media:a\\0.mov",
    "half a character": "media:a\\ud800.mov",
}
_TEMPLATES = {
    "a product": "{{ 'a' * 10**9 }}",
    "a format": "{{ '%999999999d' % 1 }}",
    "a range": "{{ range(10**9) }}",
    "a class": "{{ codec.__class__ }}",
    "a class by brackets": "{{ codec['__class__'] }}",
    "a call": "{{ codec.upper() }}",
    "a loop": "{% for x in codec %}a{% endfor %}",
    "an include": "{% include '/etc/passwd' %}",
    "an import": "{% import 'x' as x %}",
    "a set": "{% set x = 1 %}",
    "a macro": "{% macro x() %}{% endmacro %}",
    "a join": "{{ codec ~ codec }}",
    "a filter that grows": "{{ 'a'|center(999999999) }}",
    "a replacement that grows": "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'|replace('a', 'b'*1) }}",
    "replacements of replacements": "{{ 'a'" + "|replace('a', 'aaaaaaaaaaaa')" * 12 + " }}",
    "an attribute of a token": "{{ tokens.x.y }}",
    "the mapping of tokens": "{{ tokens }}",
    "self": "{{ self }}",
    "an unknown token": "{{ config }}",
    "513 characters": "x" * 513,
    "parentheses": "{{ " + "(" * 200 + "codec" + ")" * 200 + " }}",
    "a folder above": "../{{ source_name }}",
    "an absolute name": "/etc/{{ source_name }}",
    "a hidden file": ".{{ source_name }}",
    "an option": "-{{ source_name }}",
    "a device": "con",
    "a device with an extension": "LPT1.mp4",
    "a stream of a file": "a:b",
    "a backslash": "a\\b",
    "a pattern of FFmpeg": "{{ source_name }}%03d",
    "a space at the end of a folder": "a /b",
    "a stop at the end of a folder": "a./b",
    "256 bytes": "ä" * 127,
    "a wrong extension": "x.mkv",
    "a soft hyphen": "a\u00adb",
    "a tag character": "a\U000e0041b",
    "an override of direction": "a\u202egpj",
    "an empty name": "{% if false %}x{% endif %}",
}
_LOCKS = {
    "a lock of brackets": {SPEC: spec(), LOCK: HEADER.encode() + b'{"x":' + b"[" * 60_000},
    "a lock of empty lines": {SPEC: spec(), LOCK: b"\n" * 1_000_000},
    "a lock of digits": locked(head='{"format":' + "9" * 60_000 + "}"),
    "a lock without header": locked(line(), head=""),
    "a lock of tomorrow": locked(head='{"format":2,"line":"header","recipes":1,"toolchain":"9.0"}\n'),
    "a lock for no FFmpeg": locked(line(), head='{"format":1,"line":"header","recipes":1,"toolchain":"-i"}\n'),
    "a lock of no recipes": locked(line(), head='{"format":1,"line":"header","recipes":-1,"toolchain":"9.0"}\n'),
    "a field of its own": locked('{"arguments":["-y"],"index":0,"line":"source","location":"media:a.mov"}\n'),
    "a key of JSON twice": locked('{"index":0,"index":1,"line":"source","location":"media:a.mov","unusable":"x"}\n'),
    "no number in JSON": locked(line(index="NaN")),
    "true as an index": locked(line(index="true")),
    "an index below nothing": locked(line(index="-1")),
    "a lock of another place": locked(line(location="media:../a.mov")),
    "a filter as pixel format": locked(line(facts(pixel_format='"yuv420p,movie=x"'))),
    "a playlist as format": locked(line(facts(format='"concat"'))),
    "a rate of nothing in a lock": locked(line(facts(rate='"1/0"'))),
    "a rate in words": locked(line(facts(rate='"²⁵/1"'))),
    "a rate out of measure": locked(line(facts(rate='"1000000000000000/1"'))),
    "a turn that is none": locked(line(facts(rotation="45"))),
    "a reel with a NUL": locked(line(facts(reel='"a\\u0000b"'))),
    "a reel that steers": locked(line(facts(reel='"\\u001b[2J\\n::error::x"'))),
    "channels without end": locked(
        line(facts(sound='[{"channels":9007199254740992,"codec":"pcm_s16le","sample_rate":48000}]'))
    ),
    "a layout that is a filter": locked(
        line(facts(sound='[{"channels":2,"codec":"aac","layout":"stereo,amovie=x","sample_rate":48000}]'))
    ),
    "a lock that fits": locked(line()),
}
_PROJECTS = {
    "a key of a thousand parts": "a." * 600 + "a = 1\n",
    "brackets in TOML": "a = " + "[\n" * 5000,
    "digits in TOML": "a = " + "9" * 900 + "\n",
    "empty lines in TOML": "\n" * 60_000 + "zz = 1\n",
    "300 roots": "[roots]\n" + "".join(f"root{number} = ''\n" for number in range(300)),
    "a state folder above": 'state_directory = "../x"\n[roots]\nmedia = ""\nproxies = ""\n',
    "one as a truth value": "confined = 1\n",
    "a script in TOML": 'hook = "rm -rf /"\n',
}


def cases() -> Iterator[Case]:
    """Yield every row."""
    yield from (Case(name, {SPEC: data}) for name, data in _YAML.items())
    yield from (Case(name, {SPEC: spec(**changed)}) for name, changed in _FIELDS.items())
    yield from (Case(f"source: {name}", {SPEC: source(text)}) for name, text in _SOURCES.items())
    yield from (Case(f"template: {name}", {SPEC: template(text)}) for name, text in _TEMPLATES.items())
    yield from (Case(name, files) for name, files in _LOCKS.items())
    yield from (Case(name, {SPEC: spec(), "jobspec.toml": text.encode()}) for name, text in _PROJECTS.items())
    yield Case("a spec that is a link out", {}, ((SPEC, "/etc/hostname"),))
    yield Case("a spec that is git's", {}, ((SPEC, "../.git/config"),))
    yield Case("specs that are elsewhere", {}, (("specs", "/etc"),))
    yield Case("a lock that is a link out", {SPEC: spec()}, ((LOCK, "/etc/hostname"),))
    yield Case(
        "a template that is a link out",
        {SPEC: spec(naming_template="x.j2")},
        (("templates/x.j2", "/etc/hostname"),),
    )
    yield Case("a base that is a link out", {SPEC: spec(extends="b.yaml")}, (("specs/b.yaml", "/etc/hostname"),))
    yield Case("a LUT that is a link out", {SPEC: spec(lut="x.cube")}, (("x.cube", "/etc/hostname"),))
    yield Case("a LUT that is none", {SPEC: spec(lut="x.cube"), "x.cube": b"LUT_3D_SIZE 99999999\n"})
    yield Case("two specs, one name", {SPEC: spec(), "specs/b.yaml": spec(job_id="b")})
    yield Case("folders in folders", {"specs/" + "d/" * 300 + "a.yaml": spec()})
    yield Case("a file name that steers", {"specs/\x1b[2J\n::error::x.yaml": b"a: 1\n"})
