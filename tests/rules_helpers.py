"""What the rules of the architecture look at: files, their imports, their calls. Each checker returns complaints."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STANDARD = frozenset(sys.stdlib_module_names)
Complaints = list[str]


@dataclass(frozen=True)
class Source:
    """A file as the rules see it; tests make wrong ones by hand."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def code(self) -> str:
        """JavaScript without its comments; lines stay where they were."""
        return re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", lambda found: "\n" * found[0].count("\n"), self.text, flags=re.DOTALL)


def tracked() -> list[str]:
    """Every file that is, or would be, in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def sources(*starts: str, ending: str = ".py") -> list[Source]:
    """The files below these folders (or these files), by their ending."""
    return [read(name) for name in tracked() if name.endswith(ending) and name.startswith(starts)]


def read(name: str) -> Source:
    return Source(name, (ROOT / name).read_text(encoding="utf-8"))


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────────────

def imports(source: Source) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import, wherever it stands; ``from a import b`` gives ``a`` and ``a.b``."""
    package = Path(source.path).with_suffix("").parts[:-1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            named = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "?"
            yield node.lineno, str(named)


def belongs(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def called(call: ast.Call) -> str:
    """The last word of what is called: `load` for ``torch.load(…)``."""
    return last_word(call.func)


def last_word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def keyword(call: ast.Call, name: str) -> object:
    return next((word.value.value for word in call.keywords if word.arg == name and isinstance(word.value, ast.Constant)), None)


def forbidden_imports(source: Source, packages: Iterable[str]) -> Complaints:
    return [f"{source.path}:{line} imports {module}" for line, module in imports(source) if belongs(module, packages)]


def imports_beyond(source: Source, own: Iterable[str], others: Iterable[str]) -> Complaints:
    """Imports that are neither standard library nor in `own` (this project) or `others` (third party)."""
    allowed = (*own, *others)
    return [f"{source.path}:{line} imports {module}" for line, module in imports(source)
            if module.split(".")[0] not in STANDARD and not belongs(module, allowed) and module not in ancestors(own)]


def ancestors(packages: Iterable[str]) -> set[str]:
    """``from ml_utils import core`` names `ml_utils` too, and that alone is no import of anything else."""
    split = [package.split(".") for package in packages]
    return {""} | {".".join(parts[:end]) for parts in split for end in range(1, len(parts))}


IMPURE = {"time", "random", "secrets", "uuid", "os", "io", "socket", "subprocess", "threading", "tempfile", "shutil", "pathlib",
          "asyncio", "multiprocessing", "sqlite3", "urllib", "http", "logging", "sys", "importlib"}
IMPURE_CALLS = {"open", "input", "now", "utcnow", "today", "print", "eval", "exec", "getenv", "urandom"}


def impurities(source: Source) -> Complaints:
    found = forbidden_imports(source, IMPURE)
    return found + [f"{source.path}:{call.lineno} calls {called(call)}" for call in calls(source.tree)
                    if called(call) in IMPURE_CALLS]


def prints(source: Source) -> Complaints:
    return [f"{source.path}:{call.lineno} prints" for call in calls(source.tree)
            if isinstance(call.func, ast.Name) and call.func.id in {"print", "pprint"}]


def unsafe_loads(source: Source) -> Complaints:
    pickles = ("pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle")
    found = forbidden_imports(source, pickles)
    for call in calls(source.tree):
        where, whole = f"{source.path}:{call.lineno}", ast.unparse(call.func)
        if whole in {"torch.load", "torch.serialization.load"} and keyword(call, "weights_only") is not True:
            found.append(f"{where} torch.load without weights_only=True")
        if keyword(call, "allow_pickle") is True or (whole == "yaml.load") or whole in {"eval", "exec", "torch.jit.load"}:
            found.append(f"{where} {whole} may run what it reads")
    return found + forbidden_imports(source, ["torch.load"])


def sleeps(source: Source) -> Complaints:
    """`wait_for_timeout` is how a browser test sleeps."""
    return [f"{source.path}:{call.lineno} sleeps" for call in calls(source.tree)
            if called(call) in {"sleep", "wait_for_timeout"} and ast.unparse(call.func) != "self.sleep"]


MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "OrderedDict", "Counter", "deque", "WeakValueDictionary",
          "WeakKeyDictionary", "WeakSet", "SimpleNamespace", "Queue", "SimpleQueue", "count", "cycle", "ContextVar"}
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
CHANGES = {"append", "add", "clear", "pop", "popitem", "setdefault", "extend", "remove", "insert", "discard", "update", "sort",
           "reverse", "appendleft", "popleft"}
TABLE = re.compile(r"_?[A-Z][A-Z0-9_]*")


def mutable_values(source: Source) -> Complaints:
    """Module-level values that can change; a table in capitals may stand there as long as nobody changes it."""
    found = [f"{source.path}:{node.lineno} uses global" for node in ast.walk(source.tree) if isinstance(node, ast.Global)]
    for name, value, line in module_values(source.tree.body):
        if is_mutable(value) and name != "__all__" and not TABLE.fullmatch(name):
            found.append(f"{source.path}:{line} {name} is a mutable value of the module")
    return found


def module_values(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr, int]]:
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((last_word(target), node.value, node.lineno) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield last_word(node.target), node.value, node.lineno
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            yield from module_values(inner)


def is_mutable(value: ast.expr) -> bool:
    return isinstance(value, MUTABLE) or (isinstance(value, ast.Call) and called(value) in MAKERS)


def tables(source: Source) -> set[str]:
    return {name for name, value, _ in module_values(source.tree.body) if is_mutable(value) and TABLE.fullmatch(name)}


def changed_tables(source: Source, names: set[str]) -> Complaints:
    """Where a table in capitals is changed: item set or deleted, or a changing method called."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            target: ast.AST = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            target = node.func.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name | ast.Attribute) and last_word(target) in names:
            found.append(f"{source.path}:{node.lineno} changes {last_word(target)}")
    return found


def functions(source: Source) -> Iterator[tuple[str, ast.AST]]:
    """Every function with its name and file, and what stands in none of them; a nested one counts for itself."""
    def own(node: ast.AST, name: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from own(child, f"{source.path}:{child.name}")
            else:
                yield name, child
                yield from own(child, name)
    return own(source.tree, f"{source.path}:<module>")


def senders(source: Source) -> set[str]:
    """The functions that send to browsers."""
    return {name for name, node in functions(source) if isinstance(node, ast.Call) and called(node) == "emit"}


def asks_browsers(source: Source) -> Complaints:
    """A server that waits for a browser's answer hangs on it; `send` and `emit` of flask_socketio hide in requests."""
    found = [f"{source.path}:{call.lineno} asks a browser for an answer" for call in calls(source.tree)
             if called(call) == "emit" and any(word.arg == "callback" for word in call.keywords)
             or ast.unparse(call.func).endswith(("socketio.call", "socketio.server.call", "socketio.send"))]
    return found + forbidden_imports(source, ["flask_socketio.emit", "flask_socketio.send", "flask_socketio.call"])


def numberers(source: Source) -> set[str]:
    """The functions that make a new `seq` out of the last."""
    def grows(node: ast.AST) -> bool:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return "seq" in {last_word(node.left), last_word(node.right)}
        return isinstance(node, ast.AugAssign) and last_word(node.target) == "seq"
    return {name for name, node in functions(source) if grows(node)}


# ── JavaScript, templates, text ─────────────────────────────────────────────────────────────────────────────

JS_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)(["'`])([^"'`\n]+)\1""")


def js_imports(source: Source) -> list[str]:
    """What a module imports, relative paths resolved: ``static/lib/fold.js`` or the bare name of a package."""
    return [_resolved(source.path, found[2]) for found in JS_IMPORT.finditer(source.code)]


def _resolved(path: str, wanted: str) -> str:
    if wanted.startswith("/"):
        return wanted[1:]
    if not wanted.startswith("."):
        return wanted
    parts: list[str] = list(Path(path).parts[:-1])
    for part in wanted.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def foreign_components(source: Source) -> Complaints:
    """A component may use itself, room and lib; lib only itself."""
    own = source.path.split("/")[1]
    allowed = {own, "lib"} | (set() if own == "lib" else {"room"})
    return [f"{source.path} imports {one}" for one in js_imports(source)
            if one.startswith("static/") and one.split("/")[1] not in allowed]


def socket_users(source: Source) -> Complaints:
    if source.path == "static/room/room.js":
        return []
    used = [one for one in js_imports(source) if re.search(r"socket\.io|engine\.io", one)]
    used += re.findall(r"\bnew\s+(?:WebSocket|EventSource)\b", source.code)
    return [f"{source.path} uses {one}" for one in used]


MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafeHTML|unsafeSVG|unsafeStatic|setHTMLUnsafe|"
                    r"createContextualFragment|\bsrcdoc\b|\beval\s*\(|new\s+Function\b|set(?:Timeout|Interval)\s*\(\s*[\"'`]")


def unsafe_markup(source: Source) -> Complaints:
    return [f"{source.path} uses {found[0]}" for found in MARKUP.finditer(source.code)]


SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
HANDLER = re.compile(r"<[a-z][^>]*\s(on[a-z]+)\s*=|(javascript:)", re.IGNORECASE)


def inline_code(source: Source) -> Complaints:
    found = [f"{source.path}: a script with code" for attributes, body in SCRIPT.findall(source.text)
             if body.strip() and not re.search(r"type=\"(?:importmap|application/json)\"", attributes)]
    return found + [f"{source.path}: {one[0] or one[1]}" for one in HANDLER.findall(source.text)]


PRIVATE = re.compile(r"(?<![\w.])/" + r"(?:work|root|home/\w+|Users/\w+)" + r"/")


def machine_paths(source: Source) -> Complaints:
    return [f"{source.path}: {found[0]}" for found in PRIVATE.finditer(source.text)]
