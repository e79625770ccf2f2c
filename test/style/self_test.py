#!/usr/bin/python3
"""Each rule of test/style is shown a small tree that breaks it, and has to say so, in these words; and good trees pass."""
import os
import sys
import tempfile
import unittest

from check import check

LAYERS = """lib/base ->
lib/net -> lib/base
lib/wire -> lib/base
agent -> lib/*
daemon -> lib/*
agent/backup !> agent/restore
test -> *
external boost/asio : lib/net
external sqlite3 : lib/base
"""


def findings_of(files):
    """What check() finds in a tree of these files; layers and source lists are added where the case has none."""
    files = {"cmake/layers.txt": LAYERS, **files}
    files = {path: text for path, text in files.items() if text is not None}
    sources = [path for path in files if path.endswith((".cpp", ".c", ".py"))]
    files.setdefault("CMakeLists.txt", "add_library(all\n" + "".join(f"  {path}\n" for path in sources) + ")\n")
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as handle:
                handle.write(text)
        return [str(finding) for finding in check(root)[0]]


def function(body):
    return "void f(int a) {\n" + body + "\n}\n"


class Rules(unittest.TestCase):
    maxDiff = None

    def one(self, files, *expected):
        self.assertEqual(findings_of(files), list(expected))

    def code(self, text, *expected):
        """One C++ source of lib/wire, and what is found in it without the path."""
        self.one({"lib/wire/a.cpp": text}, *("lib/wire/a.cpp:" + line for line in expected))

    def test_good_code_passes(self):
        self.code('#include <vector>\n#include "lib/wire/a.cpp"\n' + function("  if (a) return; // new rand() assert(\n")
                  + 'const char* const kText = "new delete std::endl { ( rand( ";\nauto kRaw = 1;\n'.replace("auto", "constexpr auto"))

    def test_layers(self):
        header = {"lib/base/b.h": "#pragma once\n", "lib/net/n.h": "#pragma once\n"}
        user = {"lib/net/n.cpp": '#include "lib/base/b.h"\n#include "lib/net/n.h"\n'}
        self.one({**header, **user})
        self.one({**header, **user, "lib/wire/w.cpp": '\n#include "lib/net/n.h"\n'},
                 "lib/wire/w.cpp:2: layers: lib/wire must not include lib/net ('lib/net/n.h')")
        self.one({**header, **user, "agent/a.cpp": '#include "lib/net/n.h"\n', "test/t.cpp": '#include "lib/net/n.h"\n'})

    def test_layers_hidden_in_a_comment_are_none(self):
        self.one({"lib/net/n.h": "#pragma once\n", "lib/net/n.cpp": '#include "lib/net/n.h"\n',
                  "lib/base/a.cpp": '/*\n#include "lib/net/n.h"\n*/\n'})

    def test_forbidden_pair(self):
        self.one({"agent/restore/r.h": "#pragma once\n", "agent/backup/b.cpp": '#include "agent/restore/r.h"\n'},
                 "agent/backup/b.cpp:1: layers: agent/backup must not include agent/restore ('agent/restore/r.h')")

    def test_folder_without_a_layer(self):
        self.one({"misc/m.cpp": '#include "lib/base/b.h"\n', "lib/base/b.h": "#pragma once\n"},
                 "misc/m.cpp:1: layers: 'misc' has no line in cmake/layers.txt")

    def test_layers_file_itself(self):
        self.one({"cmake/layers.txt": "lib/base ->\nlib/net => lib/base\n"},
                 "cmake/layers.txt:2: layers: 'lib/net => lib/base' is no line of the forms that test/style knows")

    def test_layers_file_missing(self):
        self.one({"cmake/layers.txt": None}, "cmake/layers.txt:1: layers: the list of layers is missing")

    def test_external(self):
        self.one({"lib/net/n.cpp": "#include <boost/asio/ip/tcp.hpp>\n", "lib/base/b.cpp": "#include <sqlite3.h>\n#include <sys/stat.h>\n"})
        self.one({"lib/wire/w.cpp": "#include <boost/asio.hpp>\n#include <boost/json.hpp>\n"},
                 "lib/wire/w.cpp:1: external: <boost/asio.hpp> may be included only by lib/net",
                 "lib/wire/w.cpp:2: external: <boost/json.hpp> is of no library that cmake/layers.txt lists")

    def test_include_from_the_root(self):
        self.code('#include "b.h"\n', "1: include: 'b.h' is no file from the root of the tree")

    def test_file_size(self):
        self.code("int f();\n" * 400)
        self.code("int f();\n" * 401, "1: file-size: 401 lines; at most 400")
        self.one({"test/t.cpp": "int f();\n" * 600})
        self.one({"test/t.py": "pass\n" * 601}, "test/t.py:1: file-size: 601 lines; at most 600")

    def test_function_size(self):
        self.code(function("  f(1);\n" * 57 + "  f(2);"))
        self.code(function("  f(1);\n" * 58 + "  f(2);"), "1: function-size: 'f' has 61 lines; at most 60")
        method = "struct S {\n  S(int x)\n      : a_{x}, b_(x) {\n" + "\n" * 59 + "  }\n  int a_, b_;\n};\n"
        self.code(method, "2: function-size: 'S' has 62 lines; at most 60")
        raw = 'auto g() -> int {\n  return h(R"(\n}}}}\n)");\n' + "\n" * 57 + "}\n"
        self.code(raw, "1: function-size: 'g' has 62 lines; at most 60")
        self.code("template <typename T>\nbool operator==(T a, T b) {\n" + "\n" * 60 + "}\n",
                  "2: function-size: 'operator==' has 62 lines; at most 60")

    def test_nesting(self):
        deep = "  if (a) {\n    for (;;) {\n      while (a)\n%s        f(1);\n    }\n  }"
        self.code(function(deep % ""))
        self.code(function(deep % "        if (a)\n"), "6: nesting: 'f' nests 4 deep; at most 3")
        self.code(function(deep % "        g([&] { if (a) return; });\n"))
        self.code(function("  if (a) {\n  } else if (a) {\n  } else if (a) {\n  } else if (a) {\n  } else {\n  }"))

    def test_parameters(self):
        self.code("int f(std::map<int, int> a, int b, int c = g(1, 2), int d = {}, int e = 0) { return 0; }\n")
        self.code("int f(int a, int b, int c, int d, int e, int g) { return 0; }\n", "1: parameters: 'f' has 6 parameters; at most 5")

    def test_columns(self):
        self.code("// " + "x" * 167 + "\n")
        self.code("// " + "x" * 168 + "\n", "1: columns: 171 columns; at most 170")

    def test_unpaired_braces(self):
        self.code("void f() {\n", "1: blocks: the braces of this file do not pair, so its functions cannot be measured")

    def test_python_functions(self):
        self.one({"test/t.py": "def f(a, b, c, d, e, g):\n" + "    a\n" * 60},
                 "test/t.py:1: function-size: 'f' has 61 lines; at most 60",
                 "test/t.py:1: parameters: 'f' has 6 parameters; at most 5")
        self.one({"test/t.py": "def f(a):\n if a:\n  for b in a:\n   while b:\n    if b:\n     pass\n"},
                 "test/t.py:1: nesting: 'f' nests 4 deep; at most 3")

    def test_banned_calls(self):
        cases = (("strcpy", "the length is unknown: use std::string or snprintf"),
                 ("sprintf", "the length is unknown: use std::string or snprintf"),
                 ("system", "no shell: start the program with its arguments"),
                 ("popen", "no shell: start the program with its arguments"),
                 ("rand", "chance comes in through Random&"),
                 ("std::rand", "chance comes in through Random&"),
                 ("gmtime", "not safe among threads: use the _r form or mkstemp"),
                 ("localtime", "not safe among threads: use the _r form or mkstemp"),
                 ("atoi", "faults go unseen: use std::from_chars"))
        for name, instead in cases:
            said = name.removeprefix("std::")
            self.code(function(f"  {name}(a);"), f"2: banned-call: '{said}' is not used here: {instead}")
        for text in ("  return system(a);", "  ::system(a);", "  if (a && system(a)) return;", "  g(std::system(a));"):
            self.code(function(text), "2: banned-call: 'system' is not used here: no shell: start the program with its arguments")
        self.code(function("  snprintf(a); gmtime_r(a); file_system(a); a.system(); b->system(); c::system();"))
        self.code("struct S {\n  Result<int> system(int a);\n  S& system();\n};\nint S::system(int a) { return a; }\n")

    def test_banned_expressions(self):
        self.code(function("  g(new int);"), "2: new: 'new' is not used here: std::make_unique, or a value")
        self.code(function("  delete a;"), "2: delete: 'delete' is not used here: an owner that dies with its scope")
        self.code("struct S {\n  S(const S&) = delete;\n  void operator delete(void*);\n};\n")
        self.code(function("  g(std::endl);"), "2: endl: 'std::endl' is not used here: '\\n', and a flush where one is meant")
        self.code("using namespace std;\n",
                  "1: using-namespace-std: 'using namespace std' is not used here: names of the library are spelled out")
        self.code(function("  assert(a);"), "2: assert: 'assert' is not used here: SK_CHECK, which holds in release builds too")
        self.code("static_assert(true);\n")

    def test_world_is_passed_in(self):
        text = function("  g(system_clock(), system_random());\n  std::this_thread::sleep_for(1s);\n  std::chrono::steady_clock::now();\n"
                        "  std::filesystem::file_time_type::clock::now();")
        clock, sleep = "time comes in through Clock&", "Clock::sleep, or a wait for what is meant"
        self.code(text, f"2: clock: 'system_clock' is not used here: {clock}",
                  "2: random: 'system_random' is not used here: chance comes in through Random&",
                  f"3: sleep: 'this_thread::sleep_for' is not used here: {sleep}",
                  f"4: clock: 'chrono::steady_clock' is not used here: {clock}",
                  f"5: clock: 'std::filesystem::file_time_type::clock' is not used here: {clock}")
        self.code("struct S {\n  void sleep(Duration d) override;\n  Time time() const;\n};\n")
        for path in ("agent/main.cpp", "daemon/commands/serve.cpp", "test/t.cpp"):
            self.one({path: text}, f"{path}:3: sleep: 'this_thread::sleep_for' is not used here: {sleep}")
        self.one({"lib/base/b.cpp": text})

    def test_macros(self):
        self.code("#define CATCH_CONFIG_RUNNER\n#define SK_CHECK(x) x\n")
        self.code("#define MAX(a, b) a\n", "1: macro: 'MAX': SK_CHECK is the only macro")

    def test_switch_default(self):
        text = "  switch (a) {\n    case 1: return;\n    default: return;%s\n  }"
        self.code(function(text % ""), "4: default: a switch over our enums has no default; over others say '// foreign value' beside it")
        self.code(function(text % "  // foreign value"))

    def test_one_type_per_name(self):
        first = {"daemon/a.cpp": "namespace n::m {\nclass Budget final : Base {};\nstruct Budget::Part {};\nnamespace {\nstruct Hidden {};\n}\n}\n"}
        self.one({**first, "lib/net/b.cpp": "namespace n {\nstruct Budget;\nstruct Budget {};\nnamespace {\nstruct Hidden {};\n}\n}\n"})
        self.one({**first, "lib/net/b.cpp": "namespace n {\nnamespace m {\nstruct Budget {};\n}\n}\n"},
                 "lib/net/b.cpp:3: type-twice: 'n::m::Budget' is defined in daemon/a.cpp, too")

    def test_mutable_globals(self):
        end = "outlives its owners and can change"
        self.code("int g_a = 1;\n", f"1: mutable-global: 'g_a' {end}")
        self.code("namespace n {\nstd::map<int, int> g_b;\n}\n", f"2: mutable-global: 'g_b' {end}")
        self.code("std::atomic<int> g_c{f(1)};\n", f"1: mutable-global: 'g_c' {end}")
        self.code("const char* g_d = nullptr;\n", f"1: mutable-global: 'g_d' {end}")
        self.code(function("  static int calls = 0;"), f"2: mutable-global: 'calls' {end}")
        self.code("struct S {\n  static inline int count = 0;\n  int value = 0;\n};\n", f"2: mutable-global: 'count' {end}")
        self.code("const int kA = 1;\nconstexpr std::array<int, 2> kB{{1, 2}};\nint f(int a, int b);\nusing A = int;\nstruct B;\n"
                  "extern template class C<int>;\n" + function("  static const int kC = 1;\n  int local = 0;")
                  + "struct S {\n  static S make(int a);\n  bool operator==(const S&) const = default;\n};\n")

    def test_dead_files(self):
        self.one({"lib/wire/a.cpp": "", "lib/wire/b.cpp": "", "lib/wire/CMakeLists.txt": "add_library(w b.cpp)  # a.cpp\n",
                  "CMakeLists.txt": "\n"},
                 "lib/wire/a.cpp:1: dead-file: no CMakeLists.txt lists this source")
        self.one({"lib/wire/a.h": "#pragma once\n"}, "lib/wire/a.h:1: dead-file: nobody includes this header")
        self.one({"test/a.py": "import b\n", "test/b.py": "", "test/CMakeLists.txt": "add_test(NAME a COMMAND a.py)\n",
                  "CMakeLists.txt": "\n"})
        self.one({"test/a.py": "", "CMakeLists.txt": "\n"}, "test/a.py:1: dead-file: nothing imports or starts this script")

    def test_headers_and_names(self):
        self.one({"lib/wire/a.h": "int f();\n", "lib/wire/a.cpp": '#include "lib/wire/a.h"\n'},
                 "lib/wire/a.h:1: pragma-once: a header begins with #pragma once")
        self.one({"lib/wire/BadName.cpp": ""}, "lib/wire/BadName.cpp:1: file-name: 'BadName.cpp' is not snake_case")

    def test_words_and_blanks(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "St" + "ub"):
            self.one({"docs/a.md": f"a {word}: b\n"}, f"docs/a.md:1: banned-word: '{word}': finish it, or write an issue")
        self.one({"docs/a.md": "mkdtemp of XX" + "XXXX, stubborn\n"})
        self.one({"dev": "a\tb\nc \n"}, "dev:1: tab: a tab; indent with spaces", "dev:2: trailing-blank: blanks at the end of the line")
        self.one({"docs/a.md": "a"}, "docs/a.md:1: last-line: the last line has no end")

    def test_exceptions(self):
        path = "test/style/exceptions.txt"
        source = {"lib/wire/a.cpp": "int g_a = 1;\n"}
        self.one({**source, path: "# why\nmutable-global lib/wire/a.cpp: one process, one level\n"})
        self.one({"lib/wire/a.cpp": "", path: "mutable-global lib/wire/a.cpp: one process, one level\nnonsense\n"},
                 f"{path}:1: exception: 'mutable-global' of lib/wire/a.cpp is not needed any more",
                 f"{path}:2: exception: 'nonsense' is not 'rule path: reason'")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
