"""What is known of programs: the table that `judge` reads. A program that is not here is asked."""

import re
from typing import Literal, TypeAlias

from orchestrator.policy.shell.trades import CODE, PLACES, TRADES
from orchestrator.policy.shell.words import each, table

Kind: TypeAlias = Literal[
    "pure",  # its words are no paths; it changes nothing
    "lister",  # shows names and sizes
    "reader",  # shows contents
    "writer",  # makes or changes files it is given
    "deleter",
    "developer",  # builds, tests, formats: runs the workspace's own code
    "interpreter",  # runs the code or the script it is given
    "shell",
    "network",
    "administration",  # changes the machine, not the workspace
    "destroyer",  # nothing good comes of it here
    "database",  # answers questions to a file of data
]

_TABLE: dict[Kind, str] = {
    "pure": """
        : echo printf true false pwd date cal ncal seq sleep expr basename dirname whoami id hostname uname
        arch nproc uptime free df lscpu lsblk tty printenv which type tput test [ factor numfmt locale groups
        getconf ps exit return break continue shift set wait tr yes users who w vmstat iostat lsusb lspci
        pgrep times jobs logname mktemp uuidgen lsb_release runlevel pidof finger history ulimit tldr apropos
        whatis export unset readonly local declare typeset read umask shopt getopts help nl_langinfo
        caller let deactivate units figlet cowsay fortune lolcat neofetch fastfetch ts fc-list fc-match gettext ngettext
        pkg-config pkgconf llvm-config python3-config kpsewhich acpi quota pwgen uuid errno jot primes ascii
        c++filt toilet boxes banner clear pathchk usleep qalc
    """,
    "lister": """
        ls dir vdir man info tree stat file du readlink realpath wc namei lsattr getfacl exa eza lsd cd pushd popd
        ncdu gdu dust duf procs lstopo
    """,
    "reader": """
        cat head tail less more grep egrep fgrep rg ag ack sort uniq cut paste join comm diff sdiff diff3 cmp
        nl tac rev fold fmt column od xxd hexdump strings md5sum sha1sum sha224sum sha256sum sha384sum
        sha512sum cksum b2sum sum base64 base32 basenc jq yq tsort expand unexpand zcat bzcat xzcat zstdcat
        zgrep iconv shuf pr ptx look awk gawk mawk nawk sed xmllint bat batcat csvlook csvcut csvstat cloc
        tokei sloccount nm objdump mlr xsv qsv datamash miller readelf ldd size mapfile readarray bc pdftotext
        exiftool identify ffprobe lsof numbat mdcat pdfinfo pdffonts hunspell aspell diffstat colordiff wdiff icdiff
        difft delta hexyl glow gron dasel htmlq pup xq tomlq uchardet enca soxi mediainfo zless zmore lz4cat xzgrep
        bzgrep zdiff zcmp xsltproc csvjson csvgrep csvsort csvjoin csvstack csvclean csvformat in2csv epubcheck texcount
        docx2txt antiword catdoc unzstd ministat dwdiff pv col colrm ul msgcmp msggrep
        capinfos csvtk jaq gojq hck html2text cmark rst2html pod2text detex lacheck diction style pdfgrep unrtf odt2txt
        catppt b3sum sha3sum crc32 rhash scc dyff jd addr2line dwarfdump pahole otool llvm-objdump llvm-nm
        llvm-readelf gprof callgrind_annotate ms_print cg_annotate sqldiff json_pp jsonlint zipgrep lsar mkvinfo
        pngcheck pdfsig ps2ascii gdalinfo ogrinfo hd ugrep sift diff-so-fancy checksec mandoc
        djvutxt isutf8 tshark pdfdetach bibtool latexdiff wasm-objdump benchstat
    """,
    "writer": """
        mkdir touch cp mv ln tee install split csplit rmdir chmod zip unzip tar gzip gunzip bzip2 bunzip2 xz
        unxz zstd patch dd rename 7z 7za ar cpio bsdtar openssl dos2unix unix2dos convert magick ffmpeg pandoc
        fallocate pdfunite pdfseparate pdftoppm pdftocairo pdfimages pdftk qpdf mutool tesseract optipng pngquant
        jpegoptim jpegtran cwebp dwebp rsvg-convert sox lame flac oggenc opusenc montage mogrify composite exiv2 lz4
        pigz sponge msgfmt msgmerge msginit msgcat msgattrib xgettext ps2pdf pdfcrop weasyprint soffice libreoffice
        sd woff2_compress qrencode objcopy gs ocrmypdf inkscape compare mergecap editcap brotli lzip lzop gifsicle
        zopflipng avifenc heif-convert cjpeg djpeg pdftohtml ebook-convert uconv recode
        patchelf chrpath img2pdf potrace oxipng pngcrush unar genisoimage mkisofs cabextract xlsx2csv ssconvert tidy
        mkvmerge
    """,
    "deleter": """
        rm unlink shred truncate wipe srm
    """,
    "developer": """
        pytest py.test tox nox coverage mypy pyright dot plantuml invoke ruff black isort flake8 pylint bandit
        ansible-lint make gmake cmake ctest ninja meson gcc g++ cc c++ clang clang++ ld as strip rustc rustfmt
        clippy-driver gofmt javac java jar scalac kotlinc tsc eslint prettier vitest jest mocha ava webpack
        vite esbuild rollup biome stylelint htmlhint shellcheck shfmt yamllint hadolint markdownlint
        sphinx-build mkdocs alembic django-admin flask uvicorn gunicorn hypercorn daphne celery hatch pdm rye
        flit swift xcodebuild rails gnuplot papermill dbt actionlint buf openapi-generator wasm-pack trunk
        git-lfs streamlit clang-format clang-tidy cppcheck valgrind gcov lcov gradlew mvnw configure
        autoreconf automake autoconf protoc swiftc ghc stack cabal mix rebar3 zig nim crystal git cargo go npm
        pnpm yarn bun mvn gradle dotnet pip pip3 uv poetry pipenv pre-commit phpunit rspec rake rubocop
        latexmk pdflatex xelatex lualatex bibtex jupyter nbconvert pyflakes pydocstyle vulture radon pyupgrade
        autopep8 yapf djlint sqlfluff commitlint tsx ts-node turbo nx lerna next nuxt astro svelte-check
        vue-tsc storybook cypress playwright phpstan psalm php-cs-fixer golangci-lint staticcheck goimports
        ktlint detekt checkstyle swiftlint dart flutter bundle npx pnpx bunx mkdocs hugo jekyll dvc nbstripout
        pip-compile bumpversion just task bats behave locust tap mocha nyc c8 terser tailwindcss postcss sass sbt mill
        bazel bazelisk buck2 pants dune ocamlfind ansible-lint kustomize kubeconform kubeval kube-score kube-linter
        conftest opa tflint tfsec checkov terraform-docs promtool amtool sphinx-apidoc sphinx-autobuild pybabel ng
        vue-cli-service react-scripts parcel rspack oxlint knip depcheck madge size-limit typedoc jsdoc tsup swc babel
        node-gyp prisma drizzle-kit changeset uvu tape cspell codespell vale textlint proselint basedpyright pytype
        pycodestyle autoflake docformatter interrogate deptry pipdeptree pyinstaller cython cythonize maturin scons
        kernprof mprof asv jupytext nbdime nbqa towncrier pdoc twine gotestsum errcheck gosec mockgen sqlc goreleaser
        hlint ormolu fourmolu erlc elixirc wasm-opt wat2wasm nasm yasm ranlib bison flex yacc swig gperf doxygen ctags
        cscope etags indent astyle uncrustify cmake-format perlcritic perltidy prove phpcs phpcbf pest pint rector
        standardrb reek brakeman scalafmt scalafix ktfmt google-java-format luacheck stylua busted luac shellspec
        verilator iverilog yosys ghdl arduino-cli platformio pio typst biber makeindex chktex latexindent quarto
        lilypond gfortran fpc dmd dub gleam elm elm-test spago lein lessc stylus lint-staged dotenv-linter nodemon
        import-linter lint-imports asciidoctor mmdc svgo ajv taplo yamlfmt hclfmt poe pip-licenses cargo-deny
        sphinx-quickstart sphinx-intl bloaty cppclean cargo-nextest tsc-watch html-validate
        llvm-cov llvm-profdata llc opt ocamlc ocamlopt ocamlbuild javap jdeps iverilog vvp coqc lean agda idris2 z3 cvc5
        minisat glpsol cbc minizinc dafny snakemake robot nosetests pyreverse pydeps mutmut diff-cover gitlint srb steep
        yard rdoc gofumpt revive gocyclo ineffassign templ stringer http-server json-server live-server npm-run-all
        run-s run-p depcruise jscpd license-checker ts-prune type-coverage clang-query include-what-you-use flatc
        wasm2wat texi2pdf makeinfo xmlstarlet swift-format bundler-audit pyinstrument scalene memray
        gcovr mdformat mdl remark dprint mdbook zola eleventy gatsby remix expo ionic nodeunit
        qunit karma testcafe codecept spectral redocly swagger-cli graphql-codegen rustup
        ant scala-cli d2 goaccess
        ptw pytest-watch 2to3 virtualenv pylama sqlformat cargo-audit cargo-outdated cargo-expand cargo-tarpaulin
        cargo-llvm-cov cargo-criterion wasm-bindgen gotests protolint tsd sort-package-json publint attw unbuild
        microbundle istanbul kotlin groovyc pmd spotbugs dialyzer ocamlformat swiftformat latex tectonic
        makeglossaries dvips asciidoc a2x help2man neato fdp circo twopi sfdp asy ditaa blockdiag gdal_translate
        gdalwarp ogr2ogr samtools bcftools bedtools seqkit antlr4 re2c ragel lex libtool libtoolize gn waf premake5
        xmake tup redo cpplint iwyu flawfinder splint oclint infer write-good alex typos misspell lychee
        markdown-link-check linkchecker muffet htmlproofer htmltest semgrep detect-secrets trivy grype syft cdk pelican
        nikola antora docusaurus vitepress torchrun accelerate deepspeed tensorboard spark-submit puma foreman honcho
        goose sqlx dbmate flyway liquibase pip-audit
        composer genhtml flamegraph.pl stackcollapse-perf.pl mlflow openapi-typescript cargo-machete
    """,
    "interpreter": """
        python python2 python3 pypy pypy3 node nodejs deno ruby perl php lua luajit Rscript julia tclsh
        osascript elixir groovy scala R octave racket janet runhaskell runghc ocaml
    """,
    "shell": """
        sh bash dash zsh ksh mksh ash fish csh tcsh rbash
    """,
    "network": """
        curl wget ssh scp sftp ftp tftp rsync nc ncat netcat socat telnet ping ping6 dig nslookup host
        traceroute tracepath mtr psql mysql mongosh mongo mysqldump pg_dump pg_restore dropdb createdb
        redis-cli gsutil s3cmd nmap masscan whois aria2c axel http https httpie xh lynx w3m links gh glab hub
        aws gcloud az ansible ansible-playbook vagrant heroku vercel netlify flyctl uvx pipx smbclient lftp
        rclone mail sendmail mutt tcpdump wscat grpcurl ngrok cloudflared ipfs
    """,
    "administration": """
        ansible-inventory docker podman nerdctl docker-compose kubectl helm terraform tofu conda mamba
        gem nvidia-smi ss
        netstat lsof arp top htop last lastlog findmnt sensors pstree mpstat pidstat sar iotop lsns lshw lsipc
        lslocks systemd-analyze systemd-cgls systemd-cgtop getent resolvectl nmcli firewall-cmd gpasswd
        adduser zpool zfs atq apt-cache pg_isready ollama rabbitmqctl chronyc ntpq supervisorctl pm2 virsh
        ipcs numactl apache2ctl dmidecode smartctl blkid fuser lspci killall5 haproxy hwclock
        ssh-keygen ansible-doc lsmem systemctl service journalctl
        crontab at batch apt apt-get aptitude dpkg yum dnf rpm pacman apk brew snap flatpak useradd userdel
        usermod groupadd groupdel passwd chpasswd chown chgrp chattr setfacl mount umount kill killall pkill
        renice ionice iptables ip6tables nft ufw ip ifconfig route hostnamectl timedatectl localectl sysctl
        swapon losetup visudo chsh chfn newgrp nsenter unshare chroot bwrap setcap setpriv update-alternatives
        loginctl coredumpctl networkctl logrotate sshd named-checkconf named-checkzone zipinfo fail2ban-client
        certbot gpg packer screen tmux mknod mkfifo modinfo lsmod dmesg gdb bpftrace nginx apachectl
        wall write micromamba dpkg-query apt-mark pyenv rbenv nodenv asdf mise opam luarocks tlmgr minikube
        hg jj kind k3d sestatus getenforce aa-status jps lsscsi jstack jinfo
    """,
    "destroyer": """
        fdisk sfdisk parted gdisk wipefs blkdiscard shutdown reboot halt poweroff init telinit insmod rmmod
        modprobe kexec swapoff cryptsetup lvremove vgremove pvremove mkswap hdparm nvme sgdisk badblocks
        debugfs tune2fs mdadm dmsetup grub-install efibootmgr flashrom
    """,
    "database": """
        sqlite3 duckdb
    """,
}

KINDS: dict[str, Kind] = {
    program: kind for known in (TRADES, _TABLE) for kind, programs in known.items() for program in programs.split()
}

# Wrappers run the program named by their remaining words; here, the options of theirs that take a value.
WRAPPERS: dict[str, frozenset[str]] = {
    "nice": frozenset({"-n", "--adjustment"}),
    "ionice": frozenset({"-c", "-n", "-p"}),
    "timeout": frozenset({"-s", "--signal", "-k", "--kill-after"}),
    "time": frozenset({"-f", "-o", "--format", "--output"}),
    "nohup": frozenset(),
    "setsid": frozenset(),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "unbuffer": frozenset(),
    "command": frozenset(),
    "builtin": frozenset(),
    "exec": frozenset({"-a"}),
    "env": frozenset({"-u", "--unset", "-C", "--chdir"}),
    "busybox": frozenset(),
    "toybox": frozenset(),
    "chronic": frozenset(),
    "watch": frozenset({"-n", "--interval"}),
    "caffeinate": frozenset(),
    "taskset": frozenset(),
    "flock": frozenset({"-w", "-E", "--timeout"}),
    "coproc": frozenset(),
    "catchsegv": frozenset(),
    "xvfb-run": frozenset({"-s", "-n", "-e", "-f", "--server-args", "--server-num"}),
    "rlwrap": frozenset(),
    "entr": frozenset(),
    "bear": frozenset({"--output"}),
    "strace": frozenset({"-e", "-o", "-s", "-S", "-I", "-P", "-O", "-a", "-b", "--trace", "--output"}),
    "ltrace": frozenset({"-e", "-o", "-s", "-n", "-x", "-l", "-a", "--output"}),
    "faketime": frozenset({"-f"}),
    "cross-env": frozenset(),
    "fakeroot": frozenset(),
    "ifne": frozenset(),
    "eatmydata": frozenset(),
    "heaptrack": frozenset({"-o", "--output"}),
    **dict.fromkeys(("ccache", "emcmake", "emmake", "emconfigure"), frozenset[str]()),
    **dict.fromkeys(("qemu-aarch64", "qemu-arm", "qemu-riscv64", "qemu-riscv32", "qemu-x86_64"), each("-L -cpu -E -s")),
    "watchexec": frozenset({"-e", "-w", "-i", "--exts", "--watch", "--ignore", "-d", "--debounce"}),
}
RUNNERS = frozenset(
    {
        "find",
        "fd",
        "fdfind",
        "hyperfine",
        "xargs",
        "perf",
        "eval",
        "source",
        ".",
        "trap",
        "alias",
        "parallel",
        "script",
        "enable",
    }
)
PRIVILEGE = frozenset({"sudo", "doas", "su", "pkexec", "runuser", "sudoedit", "gosu"})


_CROSS = re.compile(
    r"(?:[a-z0-9_]+-){1,4}(gcc|g\+\+|c\+\+|cpp|ld|as|ar|nm|objdump|objcopy|readelf|size|strip|strings|ranlib|addr2line|"
    r"clang|windres|c\+\+filt)(?:-[\d.]+)?"
)


def of_a_target(program: str) -> str:
    """arm-none-eabi-gcc is gcc, for another machine."""
    match = None if program in KINDS else _CROSS.fullmatch(program)
    return match[1] if match else program


def known(program: str) -> bool:
    return program in KINDS or program in WRAPPERS or program in PRIVILEGE or program in RUNNERS


# Options whose next word is a value and no path.
VALUED: dict[str, str] = {
    "cut": "dfcb", "sort": "tkS", "awk": "Fv", "gawk": "Fv", "mawk": "Fv", "paste": "d", "column": "scoN",
    "head": "nc", "tail": "nc", "grep": "ABCmed", "egrep": "ABCmed", "fgrep": "ABCmed", "rg": "ABCmegtTj",
    "join": "12tjoe", "fold": "w", "split": "bnla", "du": "d", "tree": "LIP", "nl": "bsvw", "xargs": "IdnPLE",
    "shuf": "n", "od": "AtjN", "uniq": "fsw", "base64": "w", "fmt": "w", "jq": "", "pr": "l", "ls": "I", "zip": "x",
    "mkdir": "m", "install": "mog", "touch": "dt", "xxd": "lsc", "strings": "n", "sed": "el",
}  # fmt: skip

# Programs whose first words are a pattern, an expression or a language of their own.
PATTERNS = each("grep egrep fgrep rg ag ack zgrep jq yq jaq gojq awk gawk mawk nawk sed")

# Options of programs that look or write by which they start another, load code, or do what they are told elsewhere.
RUNS_MORE = table("""
    rg: --pre --hostname-bin
    sort: --compress-program
    ag ack bat batcat: --pager
    less: -k --lesskey-src --lesskey-content
    man apropos whatis: -P --pager -H -C --config-file
    info: --init-file --restore
    zip: -T -TT --unzip-command
    split: --filter
    yq: --split-exp
    mapfile readarray: -C
    tar bsdtar: --checkpoint-action --to-command -I --use-compress-program -F --info-script --new-volume-script
        --rsh-command --rmt-command
    7z 7za: -spf
    cpio: --rsh-command
    ar: -M
    patch: -e --ed
    install: --strip-program
    openssl: -config -engine -provider -provider-path
    pandoc: -L --lua-filter -d --defaults --pdf-engine-opt
    cloc: --extract-with --read-lang-def
    jobs: -x
    jq: -L
    mlr miller: -s
    exiftool: -p -W -w!
    magick: -script
    date: -s --set
    tcpdump: -z
    tshark: --extcap --export-objects --temp-dir --compress
    jaq gojq: -L --in-place -i
    json_pp: -f -json_opt
    tidy: -config
""")
OUTPUTS = table("""
    sort shuf iconv: -o --output
    tree: -o
    yq: -i --inplace
    sed: -i --in-place
    xmllint: --output
    xsltproc: -o --output
    exiftool: -o
""")
# Options whose value is a file that is written, of any program.
WRITTEN = PLACES | table("""
    info: -o --output --dribble
    less: -o -O --log-file --LOG-FILE
    gawk awk: -d -o -p --dump-variables --pretty-print --profile
    cloc: --out --report-file --sql
    openssl: -out -keyout -writerand
    tar bsdtar: --index-file --volno-file -g --listed-incremental
    7z 7za: -w
    ffmpeg: -passlogfile
    pandoc: --extract-media --log
    zip: -b -O --out
    pdftotext pdftoppm pdfimages pdfdetach bibtool html2text csvtk: -o
    mergecap: -w
    cabextract: -d
    oxipng: --out --dir
    scc: -o --output
""")

# Options of developer programs whose value is what they make.
PRODUCED = each(
    "-o --output --prefix -d --out-dir --outdir --outDir --outfile --basetemp --junitxml --junit-xml --log-file "
    "-output-directory -coverprofile -cpuprofile -memprofile -blockprofile -mutexprofile -trace -outputdir "
    "--output-file --output-dir --coverage-output --outputFile --report-dir --json-report-file"
)
# Words by which the tools of a project throw data away.
DESTROYS = re.compile(
    r"db:(drop|reset|purge|rollback|wipe|fresh|migrate:(reset|down))(:\w+)?|migrate:(fresh|reset|refresh|rollback)|flush|reset_db|"
    r"drop([-_:]?(db|database|all|tables?))?|downgrade|destroy|wipe|purge|nuke|delete|reset[-_]db|db[-_]reset|db:wipe|deletedb|(delete|drop|remove|purge|wipe)[-_]?(all|everything|data)"
)

# Options by which programs run code that they are given, or others that they are told.
GIVEN_CODE = CODE | table("""
    gs: -c -dNOSAFER -dDELAYSAFER --permit-file-all
    gradle gradlew: --init-script -I
    inkscape: --actions --shell --extension -x
    nodemon: -x --exec
    make gmake: --eval -E SHELL= MAKEFLAGS=
    tox: -x --override
    cmake: -P -E
    go: -exec -toolexec -vettool --exec --toolexec
    cargo: --config
    npm pnpm yarn bun: --script-shell --node-options --shell
    gcc g++ cc c++ clang clang++ gfortran: -wrapper -specs --specs -fplugin -B -Xclang -cc1 -fpass-plugin
        -Wl,-plugin -Wl,--plugin
    tsx ts-node: -e --eval -p --print -pe
    crystal: eval
    rebar3: --eval
    valgrind: --db-command --log-socket
    ctest: -S --script -SP -D --dashboard -M -T --submit --build-and-test --test-command
    mvn mvnw: -Dexec. -Dmaven.ext
    clang-tidy: -load --load
    zig: -wrapper
    rustc: linker= -Clinker
    rake: -e -E -p --execute
    mix: -e --eval
    ghc: -e -F -pgm
    gnuplot: -e
    pyinstrument scalene memray: -c
    robot: --listener --pythonpath --prerunmodifier --prerebotmodifier --parser -P -A --argumentfile
    javap jdeps: -J
    llvm-cov: -Xdemangler
    opt llc: -load --load -load-pass-plugin
    makeinfo: --init-file --conf-dir
    snakemake: --cluster --executor --default-remote-provider --report-stylesheet --wrapper-prefix
    protoc: --plugin
    latexmk: -e -r -shell-escape --shell-escape -enable-write18 -pdflatex= -latex=
    pdflatex xelatex lualatex: \\directlua \\immediate -shell-escape --shell-escape -enable-write18 --enable-write18
    java: -javaagent -agentlib -agentpath -XX:On
    mypy: --python-executable --install-types
    exiftool: -if -config -execute -stay_open -@ -api -userParam
    xmllint: --shell --xinclude --dtdvalid --load-trace
    mawk: -W
    pandoc: -F --filter
    openssl: -engine -provider-path
    unzip: -:
    ld: -plugin --plugin
    just: --shell --shell-arg -c --command
    jest: --globalSetup
    eslint: --rulesdir --resolve-plugins-relative-to
""")

GIT_READS = each(
    "status diff log show ls-files ls-tree blame shortlog describe rev-parse rev-list cat-file grep name-rev "
    "merge-base version help count-objects whatchanged check-ignore var for-each-ref diff-tree diff-index "
    "show-ref annotate cherry range-diff verify-commit hash-object check-attr check-mailmap diff-files verify-tag "
    "verify-pack merge-tree stripspace column fmt-merge-msg show-branch interpret-trailers check-ref-format "
    "patch-id rerere fast-export get-tar-commit-id diagnose"
)
GIT_WRITES = each(
    "add commit init mv tag branch stash switch notes worktree apply revert cherry-pick merge rebase am "
    "format-patch archive bundle bisect mktree write-tree commit-tree mailinfo mailsplit pack-refs repack "
    "update-index commit-graph multi-pack-index"
)
GIT_NETWORK = each("push pull fetch clone remote submodule ls-remote send-email svn lfs request-pull")
GIT_LOSES = each(
    "reset clean checkout restore rm gc prune filter-branch filter-repo reflog update-ref replace fsck read-tree"
)
