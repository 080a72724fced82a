"""Environment variables that decide which programs run, what code they load, or what text means: one table.

A name with a star stands for all that begin so, one that begins with a star for all that end so.
"""

import re

from orchestrator.policy.shell.words import each

_STEERING = """
    PATH ENV IFS HOME SHELL PWD OLDPWD PS4 LD_* DYLD_* BASH_ENV BASH_FUNC* BASH_XTRACEFD BASH_LOADABLES_PATH SHELLOPTS
    BASHOPTS PROMPT_COMMAND CDPATH GLOBIGNORE EXECIGNORE HISTFILE ZDOTDIR INPUTRC GIT_* PYTHONSTARTUP PYTHONHOME
    PYTHONINSPECT PYTHONBREAKPOINT PYTHONEXECUTABLE PYTHONUSERBASE PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTEST_PLUGINS
    PERL5* PERLLIB PERLDB_OPTS RUBYOPT RUBYLIB NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_REPL_EXTERNAL_MODULE
    NODE_TLS_REJECT_UNAUTHORIZED JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS MAVEN_ARGS LESS LESSOPEN LESSCLOSE
    LESSKEY* LESSEDIT MORE BAT_CONFIG* BAT_OPTS ACKRC RIPGREP_CONFIG_PATH GREP_OPTIONS TAR_OPTIONS ZIPOPT UNZIP UNZIPOPT
    GZIP XZ_DEFAULTS XZ_OPT AWKPATH AWKLIBPATH GCONV_PATH LOCPATH NLSPATH TZDIR TERMINFO* TERMCAP GETCONF_DIR MANPATH
    MANOPT MANROFFOPT GROFF_* INFOPATH MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES COMPILER_PATH GCC_EXEC_PREFIX COLLECT_*
    DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_* GOFLAGS
    GOENV GOTOOLDIR GOPROXY GOROOT DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS CORECLR_* COMPlus_* COR_* PHPRC PHP_INI_*
    R_PROFILE* R_ENVIRON* R_LIBS* LUA_* JULIA_* TCLLIBPATH ERL_* ELIXIR_ERL_OPTIONS MIX_EXS DENO_DIR NPM_CONFIG_*
    npm_config_* YARN_RC* YARN_PLUGIN* PIP_* UV_* POETRY_* DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG KUBECONFIG KUBECTL_*
    KUBE_EDITOR HELM_PLUGINS TF_CLI* ANSIBLE_* OPENSSL_* SSLKEYLOGFILE CURL_HOME MAGICK_* FFREPORT FREI0R_PATH
    LADSPA_PATH TEXMF* TEXINPUTS openout_any openin_any shell_escape SQLITE_HISTORY PSQLRC GLIBC_TUNABLES MALLOC_TRACE
    XDG_CONFIG_* XDG_DATA_* CMAKE_TOOLCHAIN_FILE *PAGER *EDITOR *VISUAL *BROWSER *ASKPASS *_PROXY *_proxy *INDEX_URL
    *REGISTRY BUNDLE_GEMFILE RAILS_MASTER_KEY
"""
_STEERS = re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in _STEERING.split()))
_FLAGS = r"(?:\s*-{1,2}[A-Za-z][\w-]*(?:[=:]?[\w.]+)?)*\s*"  # plain options with plain values
_HARMLESS = re.compile(
    r"(?:GIT_(?:AUTHOR|COMMITTER)_\w+=.*|GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS|LFS_SKIP_SMUDGE|MERGE_AUTOEDIT|PAGER_IN_USE)=\w*|"
    r"PS4=[^`(]*|\w*PAGER=(?:cat|less|more|)(?: -\w+)?|\w*(?:EDITOR|VISUAL)=(?:true|:|cat|vi|vim|nano|emacs|)|"
    r"PIP_(?:NO_|DISABLE_|QUIET|VERBOSE|PROGRESS)\w*=\w*|UV_(?:OFFLINE|NO_|LINK_MODE|FROZEN)\w*=\w*|YARN_ENABLE_\w+=\w*|"
    r"CARGO_(?:TERM|INCREMENTAL|NET_OFFLINE|BUILD_JOBS|PROFILE)\w*=[\w.]*|POETRY_VIRTUALENVS_\w+=\w*|"
    r"(?:npm_config|NPM_CONFIG)_(?:yes|loglevel|fund|audit|progress|color|offline|update_notifier|engine_strict)=\w*|"
    r"ANSIBLE_(?:NOCOLOR|FORCE_COLOR|STDOUT_CALLBACK|DEPRECATION_WARNINGS)=\w*|GOPROXY=off|"
    rf"(?:NODE_OPTIONS|\w*JAVA\w*_OPTIONS|MAKEFLAGS|GNUMAKEFLAGS|GOFLAGS|MAVEN_ARGS|LESS|GZIP|XZ_OPT)={_FLAGS})",
    re.DOTALL,
)
_SWAPPED = each(
    "CC CXX CPP LD AR AS RUSTC RUSTDOC JAVA_HOME GOBIN SBT_HOME M2_HOME GRADLE_USER_HOME PERL_MB_OPT BUNDLE_PATH "
    "GEM_HOME GEM_PATH VIRTUAL_ENV AWK SED GREP PYTHON NODE"
)
_LOADS = re.compile(
    r"agent(?:lib|path)?\b|linker|-wrapper|-fplugin|-plugin|-specs|exec=|-XX:On|-B\S|--eval|--require|--import|loader|--inspect|"
    r"--init-script|-toolexec|-r\s|^-r"
)


def steers(variable: str) -> bool:
    return _STEERS.fullmatch(variable) is not None


def swaps(variable: str, value: str) -> bool:
    """Whether setting it puts another program, or other code, in the place of what would run: CC=/tmp/x."""
    loads = _LOADS.search(value) is not None
    if _HARMLESS.fullmatch(f"{variable}={value}"):
        return loads
    if variable in _SWAPPED:
        return bool(re.search(r"[/\s;|&$`]", value))
    options = variable.endswith(("FLAGS", "OPTS", "OPTIONS", "ARGS"))
    return steers(variable) or (options and loads)
