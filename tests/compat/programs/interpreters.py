"""Others that people bind to, a run each: Ruby, PHP (with its own allocator and with malloc), Lua, Emacs, ImageMagick, gdb."""

import debian
from stage import LeftOut, Program, Run

# Memcheck tells the same blocks: of Ruby these and more, as more of its heap is gone there when it looks.
RIGHT = [
    {"kind": "leak", "module": "libruby-*", "why": "at the end Ruby releases its heap and its VM, but not what these alone point to"},
    {"kind": "leak", "module": "emacs*", "why": "Emacs forgets a block of its start"},
    {"kind": "leak", "in": "zend_objects_new", "module": "php*", "why": "at the end PHP empties the objects of cycles that were not collected, "
     "without releasing them, so that they show up as leaks, as its source says"},
    {"kind": "leak", "module": "gdb", "why": "gdb leaves its commands and settings to its end"},
    {"kind": "leak", "module": "libpython*", "why": "the interpreter inside gdb leaves its types and modules to the end"},
]

RUBY = """
words = (0..30000).map { |n| "s#{n}" * 3 }
sizes = words.group_by(&:size)
GC.start
puts sizes.keys.size, Thread.new { words.sort.first }.value, words.join.hash.class
begin; raise "on purpose"; rescue => e; puts e.message; end
"""

PHP = """
$words = [];
for ($n = 0; $n < 50000; $n++) $words[] = str_repeat("x", $n % 100);
echo count($words), " ", md5(implode(",", $words)), " ", preg_replace('/b+/', '-', 'abbbc'), "\\n";
class Node { public $other; }
for ($n = 0; $n < 1000; $n++) { $a = new Node; $a->other = new Node; $a->other->other = $a; }
echo json_encode(["a" => [1, 2.5, null]]), gc_collect_cycles() > 0 ? " cycles" : "", "\\n";
"""

LUA = """
local words = {}
for n = 1, 50000 do words[n] = ("x"):rep(n % 50) end
local c = coroutine.wrap(function() for n = 1, 3 do coroutine.yield(n) end end)
print(#table.concat(words), c() + c() + c(), pcall(error, "on purpose"))
collectgarbage()
"""

EMACS = """(with-temp-buffer
  (dotimes (n 2000) (insert (format "(line %d)\\n" n)))
  (emacs-lisp-mode)
  (goto-char (point-min))
  (dotimes (_ 2000) (forward-sexp))
  (font-lock-ensure)
  (princ (format "%d %s %d\\n" (buffer-size) (md5 (buffer-string)) (point)))
  (garbage-collect))"""

MAGICK = ["sh", "-c", "convert -seed 3 -size 400x300 gradient:red-blue -resize 200x150 -blur 0x3 -rotate 15 png:- |"
          " convert - -colorspace Gray -depth 8 gray:- | sha256sum"]

GDB = ["gdb", "-q", "-nx", "-batch", "-ex", "python print(sum(range(10)))", "-ex", "info line main", "-ex", "print 6 * 7", "/bin/true"]


def prepare(_workshop):
    able = {"ruby": ["ruby", "-e", RUBY], "php": ["php", "-n", "-r", PHP], "lua5.4": ["lua5.4", "-e", LUA],
            "emacs": ["emacs", "-Q", "--batch", "--eval", EMACS], "convert": MAGICK, "gdb": GDB}
    runs = []
    for name, command in able.items():
        try:
            debian.need(name)
        except LeftOut as reason:
            print(f"interpreters: {reason}")
            continue
        runs.append(Run(name, command))
        if name == "php":
            runs.append(Run("php with malloc", command, env={"USE_ZEND_ALLOC": "0"}))
    if not runs:
        raise LeftOut("none of them is installed")
    return Program("Debian's", runs, "scripts of a few lines")
