"""ffmpeg: pictures and sound that it generates, coded by the coders of several libraries in threads, decoded, filtered, and
with damage. What is decoded must be the same bytes."""

import re

import debian
import servers
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [
    *SMALL_TOOLS,
    {"kind": "leak", "in": "x265_encoder_open_*", "module": "libx265*", "why": "it does not release one of three sets of parameters, "
     "and texts in them; Memcheck tells of the same five blocks"},
    {"kind": "leak", "in": "x265_param_parse", "module": "libx265*", "why": "a text that a parameter replaces; Memcheck tells of it, too"},
]

START = """
ff() { ffmpeg -hide_banner -nostdin -loglevel error -y "$@"; echo "ffmpeg $?"; }
frames() { ff -i "$1" -f framemd5 -bitexact "$1.md5"; sha256sum "$1.md5"; }
made() {
    ff -f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -f lavfi -i sine=frequency=440:duration=2 \
       -bitexact -c:v mpeg4 -q:v 4 -c:a aac made.mp4
}
made
"""

SCRIPTS = {
    "video": """
ff -i made.mp4 -an -vf 'scale=160:120,hflip,eq=contrast=1.2' -c:v libx264 -preset fast -threads 4 x264.mkv
ff -i x264.mkv -c:v libvpx-vp9 -cpu-used 8 -deadline realtime -row-mt 1 -threads 4 vp9.webm
ff -i x264.mkv -c:v libx265 -x265-params log-level=none:pools=2 x265.mp4
ff -i x264.mkv -c:v libtheora theora.ogv
for name in x264.mkv vp9.webm x265.mp4 theora.ogv; do frames $name; done
ff -i x265.mp4 -frames:v 20 -f framemd5 -filter_complex \
   '[0:v]split=3[a][b][c];[a]negate[a1];[b]edgedetect[b1];[c]drawgrid=w=20[c1];[a1][b1][c1]hstack=inputs=3' wide.md5
ff -i made.mp4 -vf fps=5 picture%02d.png
ff -framerate 5 -i picture%02d.png -c:v gif moving.gif
sha256sum picture*.png moving.gif wide.md5
""",
    "audio": """
for coder in flac:flac libmp3lame:mp3 libopus:opus libvorbis:ogg ac3:ac3 pcm_s16le:wav; do
    name=sound.${coder#*:}
    ff -i made.mp4 -vn -af 'atempo=1.5,aecho=0.8:0.9:100:0.3' -c:a ${coder%:*} $name
    frames $name
done
ff -i sound.flac -filter_complex showspectrum=s=128x64 -frames:v 10 -f framemd5 spectrum.md5
""",
    "damage": """
head -c 20000 made.mp4 >cut.mp4
ff -i cut.mp4 -f null -
ff -i made.mp4 -c copy made.ts
for at in 5000 9000 20000 40000; do
    head -c 300 /dev/zero | dd of=made.ts bs=1 seek=$at conv=notrunc 2>&1 | wc -l
    ff -threads 1 -i made.ts -f framemd5 none.md5
done
ff -i no-such-file none.mp4
ff -f lavfi -i testsrc2=duration=1 -c:v no-such-coder none.mp4
ffprobe -v error -show_streams -of json made.mp4
""",
}


def plainly(text):
    return re.sub(r" @ 0x[0-9a-f]+\]", "]", text)


def act(name):
    return lambda stage: servers.script(stage, START + SCRIPTS[name], whole=True)


def prepare(_workshop):
    debian.need("ffmpeg", "ffprobe")
    runs = [Run(name, act=act(name), normalise=plainly) for name in SCRIPTS]
    return Program(debian.installed("ffmpeg") or "unknown", runs, "six coders of video, six of audio, filters, damaged files")
