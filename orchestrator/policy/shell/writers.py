"""Programs that make or change files: what they read, and where they write."""

import re
from collections.abc import Callable
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell import beyond
from orchestrator.policy.shell.arguments import letters, options, paths, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import AWAY, each, shown, uncertain

_CHANGED = each("mkdir touch tee chmod rmdir mv rename install fallocate split")  # every file that they are given
_IN_PLACE = each(
    "gzip gunzip bzip2 bunzip2 xz unxz zstd lz4 pigz dos2unix unix2dos sponge sd mogrify jpegoptim optipng exiv2"
)
_LOSES = {
    "zip": r"-[a-zA-Z]*[dm][a-zA-Z]*|--move|--delete", "zstd": "--rm", "7z": "d|-sdel", "7za": "d|-sdel",
    "ar": r"-?d[a-z]*",
    "tar": "--delete|--recursive-unlink|--remove-files", "exiftool": r"-all=|-overwrite_original\w*",
}  # fmt: skip
_SHOWS = re.compile(r"-[a-zA-Z]*[clt][a-zA-Z]*|--(stdout|list|test|to-stdout)|-p|--preview")
_MORE_THAN_A_FILE = re.compile(
    r"[|@]|-sOutputFile=[|%]|-o%|(msl|mvg|ephemeral|show|win|text|label|concat|subfile|crypto|tee|fd|data|pipe|x11|caption|pango)[:,]|file:(?=/|\.\.)|"
    r".*\b(a?movie|subtitles|ass)=/"
)


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words, reach = segment.program, segment.arguments, judge.reach(segment)
    found = beyond.runs_more(judge, segment) + beyond.written(judge, segment) + loses(judge, segment)
    if own := _OWN_WAYS.get(program):
        return found + own(judge, segment)
    named = paths(program, words, patterns=1 if program == "chmod" else 0)
    if program in ("mv", "split", "csplit"):
        named = named[:1] if program == "csplit" else named
        taken = reach.each("read", named[:-1] if program == "mv" else named[:1])
        found += [one for one in taken if one.code == "credentials"]
    into = (targets(words) or named[-1:]) if program == "mv" else []
    gone = any(reach.places(word) & {"nowhere", "temporary", "made"} for word in into)
    if gone and any(reach.places(word) - {"temporary", "made"} for word in named if word not in into):
        found.append(judge.ask(segment, "destroys", "What is moved there is gone.", "Move it into .trash instead."))
    if program in ("chmod", "install"):
        found += permissions(judge, segment, named if program == "chmod" else [])
    if program in _CHANGED:
        mode = "replace" if program in ("tee", "mv", "install") and not keeps(words) else "write"
        return found + reach.each(mode, [*named, *(targets(words) if program in ("mv", "install") else ())])
    if program in _IN_PLACE and not any(_SHOWS.fullmatch(word) for word in words):
        return found + reach.each("write", named)
    made = [after for option, after in pairwise(words) if option in ("-o", "--output", "-out")]
    made += [word for word in named[-1:] if "automatic" in reach.places(word)]
    return found + reach.each("read", [word.split("=", 1)[-1] for word in named]) + reach.each("write", made)


def loses(judge: Judging, segment: Segment) -> list[Finding]:
    gone = re.compile(_LOSES.get(segment.program, "$"))
    if (lost := next(filter(gone.fullmatch, segment.arguments), None)) is None:
        return []
    reason = f"{segment.program} {shown(lost)} deletes files, or parts of them."
    return [judge.ask(segment, "destroys", reason, "Keep the files.")]


def _dd(judge: Judging, segment: Segment) -> list[Finding]:
    given = [word.partition("=") for word in segment.arguments]
    modes = {"if": "read", "of": "replace"}
    return [one for key, _, path in given if key in modes for one in judge.reach(segment).each(modes[key], [path])]


def _cp(judge: Judging, segment: Segment) -> list[Finding]:
    named, reach = paths("cp", segment.arguments), judge.reach(segment)
    mode = "write" if keeps(segment.arguments) else "replace"
    return reach.each("read", named[:-1]) + reach.each(mode, [*named[-1:], *targets(segment.arguments)])


def keeps(words: tuple[str, ...]) -> bool:
    """cp -n, tee -a: what is there stays."""
    return bool({"-n", "--no-clobber", "--append"} & {*words}) or words[:1] == ("-a",)


def _patch(judge: Judging, segment: Segment) -> list[Finding]:
    named, reach = paths("patch", segment.arguments), judge.reach(segment)
    told = ("-d", "--directory", "-o", "--output", "-r", "--reject-file")
    return reach.each("write", [*named[:1], *values_of(segment.arguments, told)]) + reach.each("read", named[1:])


def _cpio(judge: Judging, segment: Segment) -> list[Finding]:
    words, reach = segment.arguments, judge.reach(segment)
    told = values_of(words, ("-D", "--directory", "-O"))
    if any(":" in word and not uncertain(word) for word in words):
        return [judge.ask(segment, "network_program", "cpio would reach another machine.", "Keep the archive here.")]
    if ("i" in letters(words) or "--extract" in words) and "--no-absolute-filenames" not in words:
        reason = "cpio lets the archive say where its files go, also outside the workspace."
        asked = [judge.ask(segment, "unknown_path", reason, "Add --no-absolute-filenames.")]
        return [*asked, *reach.each("write", told)]
    return reach.each("write", told) + reach.each("read", [word for word in paths("cpio", words) if word not in told])


def _converted(judge: Judging, segment: Segment) -> list[Finding]:
    """pandoc, ffmpeg, ImageMagick: the last file is written, and words can be more than files."""
    words, reach = segment.arguments, judge.reach(segment)
    named = [word.split("=", 1)[-1] for word in paths(segment.program, words) if "://" not in word]
    made = values_of(words, ("-o", "--output")) if segment.program == "pandoc" else named[-1:]
    rest = tuple(word for word in words if word not in made)
    found = beyond.judge(judge, structs.replace(segment, arguments=rest)) + more_than_files(judge, segment)
    return found + reach.each("read", [word for word in named if word not in made]) + reach.each("write", made)


def more_than_files(judge: Judging, segment: Segment) -> list[Finding]:
    """Words that name no file, but what to do: |rm x, msl:x, concat:/etc/passwd."""
    words = [shown(word) for word in segment.arguments]
    more = next((word for word in words if _MORE_THAN_A_FILE.match(word)), None)
    engine = next((word for word in words if re.match(r"--pdf-engine=(?!\w+$)", word)), None)
    lua = next((word for word in words if segment.program == "pandoc" and word.endswith(".lua")), None)
    tee = "-f tee" if ("-f", "tee") in pairwise(words) else None
    if (told := more or engine or lua or tee) is None:
        return []
    reason = f"{told} makes {segment.program} open or run more than a file."
    return [judge.ask(segment, "runs_more", reason, "Name plain files.")]


def _rename(judge: Judging, segment: Segment) -> list[Finding]:
    """In one rename the first word is Perl, in another the text that goes; each file may be anything after it."""
    named = paths("rename", segment.arguments)
    first = shown(named[0]) if named else ""
    found = judge.reach(segment).each("write", [word for word in named if word != named[0] or "/" not in first])
    plain = r"(s|y|tr)/(?:[^/`$@\\]|\\.|\$(?=/))*/(?:[^/`$@\\]|\\.|\$\d)*/[gi]*|[\w .-]+"
    if not re.fullmatch(plain, first):
        return [*found, judge.ask(segment, "program_text", "This rename runs a piece of Perl.", "Use s/old/new/.")]
    return found


def _ln(judge: Judging, segment: Segment) -> list[Finding]:
    named, reach = paths("ln", segment.arguments), judge.reach(segment)
    led = named[:-1] or named
    found = [one for one in reach.each("read", led) if one.code in ("credentials", "reads_secret", "device")]
    symbolic = "s" in letters(segment.arguments) or "--symbolic" in segment.arguments
    for word in led:
        seen = f"{named[-1].rpartition('/')[0]}/{word}" if symbolic and len(named) == 2 and "/" in named[1] else word
        if not reach.places(word if word.startswith(AWAY) else seen) <= {"inside", "workspace", "private"}:
            reason = f"The link would lead to {shown(word)}, outside the workspace."
            found.append(judge.ask(segment, "outside_link", reason, "Copy the file instead."))
    return found + reach.each("write", [*(named[-1:] if len(named) > 1 else []), *targets(segment.arguments)])


def permissions(judge: Judging, segment: Segment, named: list[str]) -> list[Finding]:
    found: list[Finding] = []
    given = segment.arguments if segment.program == "chmod" else values_of(segment.arguments, ("-m", "--mode"))
    if any(re.search(r"[ug]?\+.*s|^[0-7]?[2467][0-7]{3}$", shown(word)) for word in given):
        reason = f"{segment.program} would let a file run as another user."
        found.append(judge.ask(segment, "set_id", reason, "Use plain permissions such as 755."))
    everybody = any(re.search(r"(^|,)[ugo]*[oa]\w*[+=][rxX]*w|^[0-7]*[2367]$", shown(word)) for word in given)
    if everybody or any("workspace" in judge.reach(segment).places(word) for word in named):
        reason = f"{segment.program} would change who may use {'them' if everybody else 'the whole workspace'}."
        found.append(judge.ask(segment, "permissions", reason, "Name the files."))
    return found


def _archive(judge: Judging, segment: Segment) -> list[Finding]:
    """Making one reads what goes in; unpacking one writes where it is told, unless it may name places itself."""
    program, words, reach = segment.program, segment.arguments, judge.reach(segment)
    named = paths(program, words)
    flags = letters(words) + (words[0] if words and program in ("tar", "bsdtar") and words[0][:1] != "-" else "")
    if program == "unzip":
        into = [after for option, after in pairwise(words) if re.fullmatch(r"-[a-z]*d", option)]
        into += [word[2:] for word in words if word.startswith("-d") and len(word) > 2]
        return reach.each("write", into) + reach.each("use", [word for word in named if word not in into])
    if program.startswith("7z"):
        into = [word[2:] for word in words if word.startswith("-o")]
        return reach.each("write", into) + reach.each("read", named[1:])
    folders = [after for option, after in pairwise(words) if option in ("-C", "--directory")]
    folders += [word[2:] for word in words if re.fullmatch(r"-C.+", word, re.DOTALL)]
    folders += [word.partition("=")[2] for word in words if word.startswith(("--directory=", "--one-top-level="))]
    named = [word.removeprefix("@") if program == "bsdtar" else word for word in named]
    makes = "c" in flags or "--create" in words or "r" in flags or "u" in flags
    kept = [after for option, after in pairwise(words) if re.fullmatch(r"-[^-].*f|-f|--file", option)]
    kept += named[1:2] if words and words[0][:1] != "-" and "f" in words[0] else []
    if any(re.match(r"[\w.@-]+:", word) for word in kept) and "--force-local" not in words:
        return [
            judge.ask(segment, "network_program", "tar would keep the archive on another machine.", "Keep it here.")
        ]
    if makes:
        return (
            reach.each("write", kept)
            + reach.each("read", [word for word in named if word not in kept])
            + reach.each("use", folders)
        )
    found = reach.each("use" if "t" in flags else "write", folders) + reach.each("use", kept)
    if {"P"} & set(flags) or "--absolute-names" in words or options(words, ("--transform", "--xform")):
        reason = "This lets the archive say where its files go, also outside the workspace."
        found.append(judge.ask(segment, "unknown_path", reason, "Leave that option out."))
    return found


def _openssl(judge: Judging, segment: Segment) -> list[Finding]:
    words = segment.arguments
    if words[:1] and words[0] in ("s_client", "s_server", "s_time", "ocsp", "engine", "ca", "ts"):
        reason = f"openssl {shown(words[0])} reaches the network, or loads other code."
        return [
            judge.ask(segment, "network_program", reason, "Use the tools made for it.", f"openssl {shown(words[0])}")
        ]
    made = [after for option, after in pairwise(words) if option in ("-out", "-keyout")]
    read = [
        after
        for option, after in pairwise(words)
        if option in ("-in", "-inkey", "-key", "-signkey", "-CAkey", "-CA", "-CAfile")
    ]
    public = words[:1] and words[0] in ("x509", "version", "dgst", "verify", "crl", "req") and "-inkey" not in words
    return judge.reach(segment).each("write", made) + judge.reach(segment).each("use" if public else "read", read)


_OUTPUTS = re.compile(
    r"(\./)?([\w-]+/)?(build|dist|out|target|coverage|htmlcov|site|_site|_build|\.next|\.nuxt)(/[^/]+)*/?|"
    r"(src/)?(\*|[\w-]+)\.egg-info/?|\.nyc_output/?|\.turbo/?|\.parcel-cache/?"
)
_BUILDS = each(
    "build compile package bundle webpack rollup tsc vite cmake meson make ninja mkdocs sphinx-build hugo jekyll"
)


def rebuilt(segments: tuple[Segment, ...]) -> frozenset[str]:
    """Folders of what a build makes, deleted by a command that goes on to build: rm -rf dist && npm run build."""
    found = set[str]()
    for at, part in enumerate(segments):
        named = [word for word in part.arguments if _OUTPUTS.fullmatch(shown(word)) and ".." not in word]
        behind = segments[at + 1 :] if part.program == "rm" and named else ()
        words = {word for later in behind for word in (later.program, *later.arguments)}
        again = {word.rstrip("/") for later in behind if later.program == "mkdir" for word in later.arguments}
        found |= {word for word in named if _BUILDS & words or word.rstrip("/") in again}
    return frozenset(word.rstrip("/") for word in found)


def targets(words: tuple[str, ...]) -> list[str]:
    """The folder of cp -t FOLDER, cp -vtFOLDER."""
    long = [word.partition("=")[2] for word in words if word.startswith("--target-directory=")]
    long += [found[1] for word in words if (found := re.fullmatch(r"-[A-Za-su-z]*t(.+)", word, re.DOTALL))]
    return long + [words[index + 1] for index, word in enumerate(words[:-1]) if word == "-t"]


_OWN_WAYS: dict[str, Callable[[Judging, Segment], list[Finding]]] = {
    "dd": _dd,
    "cp": _cp,
    "ln": _ln,
    "rename": _rename,
    "patch": _patch,
    "cpio": _cpio,
    "openssl": _openssl,
    **dict.fromkeys(("tar", "unzip", "7z", "7za", "bsdtar"), _archive),
    **dict.fromkeys(
        ("pandoc", "ffmpeg", "convert", "magick", "mogrify", "montage", "composite", "compare", "gs", "inkscape"),
        _converted,
    ),
}
