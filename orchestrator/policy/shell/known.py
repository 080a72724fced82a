"""What of Python is known: modules and names that are harmless, those that open files, those that are neither."""

import re
import sys

from orchestrator.policy.shell.programs import KINDS
from orchestrator.policy.shell.words import each

MODULES = each(
    "sys json csv re math cmath statistics collections collections.abc itertools functools datetime time calendar "
    "decimal fractions random string textwrap dataclasses typing enum logging asyncio sqlite3 zipfile "
    "xml.etree.ElementTree contextlib abc operator warnings configparser ipaddress traceback matplotlib "
    "matplotlib.pyplot matplotlib.dates matplotlib.ticker seaborn scipy.stats scipy.optimize scipy.signal "
    "scipy.interpolate sklearn.linear_model sklearn.model_selection sklearn.metrics sklearn.cluster "
    "sklearn.preprocessing sklearn.ensemble sklearn.decomposition sklearn.tree PIL textwrap hashlib hmac base64 "
    "binascii pathlib os os.path glob platform pprint unicodedata io struct zlib html urllib.parse tomllib difflib "
    "fnmatch heapq bisect uuid secrets pandas numpy tabulate locale copy numbers array keyword zoneinfo yaml "
    "contextvars dis email errno faulthandler filecmp getopt http.cookies ntpath opcode optparse pickletools plistlib "
    "posixpath pstats pyclbr quopri resource select selectors sre_constants sre_parse stat symtable sysconfig this "
    "urllib.error wave weakref xdrlib xml xml.sax.saxutils concurrent crypt "
    "__future__ ast tokenize token shlex argparse gettext colorsys queue threading concurrent.futures graphlib bz2 "
    "gzip lzma codecs stringprep reprlib sched cmath mimetypes email.utils html.parser tqdm networkx "
    "statsmodels.api dateutil pytz polars openpyxl shutil PIL.Image PIL.ImageDraw PIL.ImageFont PIL.ImageOps "
    "PIL.ImageFilter unittest unittest.mock doctest subprocess scipy numpy.linalg numpy.random matplotlib.colors "
    "matplotlib.patches"
)
# Of these every module is known, but those with such a name in it: they open what they are told, or start programs.
WHOLE = each(
    "json collections email xml html concurrent numpy scipy sklearn pandas matplotlib seaborn statsmodels skimage "
    "networkx polars dateutil pytz tqdm tabulate openpyxl"
)
_NOT_OF_WHOLE = re.compile(
    r"_\w*|io|sax|compat|tests?|testing|conftest|lib|core|f2py|distutils|ctypeslib|externals|animation|backends|texmanager|"
    r"dviread|sphinxext|\w*pickle\w*|readwrite|parallel|joblib|plugins|cbook|style"
)
# Packages of others that reach other machines, run programs, or load code. Whatever else is imported, and is no part of
# Python, is the project's own, as a script of it is.
REACHES = each(
    "test sitecustomize usercustomize django gevent eventlet twine "
    "requests httpx aiohttp urllib3 paramiko fabric invoke sh plumbum pexpect delegator sarge boto3 botocore awscli "
    "google azure docker kubernetes openshift ansible scapy selenium playwright pyppeteer psycopg psycopg2 pymysql "
    "MySQLdb mysql pymongo redis sqlalchemy peewee pony elasticsearch kafka pika twisted tornado websockets "
    "websocket grpc psutil wget pyautogui pynput keyboard mouse keyring send2trash nmap shodan telegram discord "
    "slack_sdk twilio sendgrid stripe openai anthropic huggingface_hub transformers torch tensorflow joblib dill "
    "cloudpickle cffi pip setuptools distutils pkg_resources virtualenv conda poetry pipx uv yt_dlp youtube_dl "
    "pycurl gdown kaggle netmiko napalm pysftp ftputil smbprotocol impacket pwn mitmproxy tweepy praw ccxt web3 "
    "sympy jinja2 mako orchestrator duckdb pyarrow fsspec s3fs gcsfs smart_open dask ray pyspark IPython jupyter "
    "notebook ptpython bpython win32api pywin32 comtypes jpype ldap3"
)


_PACKAGES = frozenset(module.partition(".")[0] for module in MODULES)


def module(name: str) -> bool:
    """Whether it is a module of which all, or a part, is known to be harmless."""
    first, *parts = name.split(".")
    whole = first in WHOLE and not any(map(_NOT_OF_WHOLE.fullmatch, parts))
    return name in MODULES or name in PARTLY or whole


def own(module: str) -> bool:
    """Whether a module can only be the project's own, or a package that does no more than calculate."""
    first = module.partition(".")[0]
    hidden = first.startswith("_") or first in KINDS
    return first.isidentifier() and not hidden and first not in sys.stdlib_module_names | REACHES | _PACKAGES


OF_OS = each(
    "path listdir getcwd walk scandir stat sep linesep name cpu_count getpid uname makedirs mkdir "
    "get_terminal_size fspath curdir pardir "
    "getloadavg isatty strerror extsep altsep pathsep devnull"
)
OF_SYS = each(
    "argv stdin stdout stderr version version_info path exit platform maxsize executable byteorder getsizeof "
    "getrecursionlimit "
    "implementation hexversion float_info int_info getdefaultencoding getfilesystemencoding prefix"
)
PARTLY = {  # modules, and what of each
    "os": OF_OS,
    "sys": OF_SYS,
    "shutil": each("which disk_usage get_terminal_size"),
    "cProfile": each("Profile"),
    "gc": each("collect disable enable isenabled get_count get_stats get_threshold set_threshold freeze"),
    "getpass": each("getuser"),
    "grp": each("getgrgid getgrnam"),
    "http": each("HTTPStatus HTTPMethod cookies"),
    "importlib": each("metadata util"),
    "importlib.metadata": each(
        "version distribution distributions metadata requires files packages_distributions PackageNotFoundError"
    ),
    "importlib.util": each("find_spec"),
    "inspect": each(
        "getsource getsourcelines getsourcefile getfile getdoc getcomments signature cleandoc isfunction isclass "
        "ismethod isbuiltin ismodule isgenerator isgeneratorfunction iscoroutine iscoroutinefunction isabstract "
        "Parameter Signature getmro getfullargspec getmodulename"
    ),
    "multiprocessing": each("Pool cpu_count Queue Lock Value Array freeze_support current_process TimeoutError pool"),
    "multiprocessing.pool": each("Pool ThreadPool"),
    "pkgutil": each("iter_modules"),
    "profile": each("Profile"),
    "pwd": each("getpwuid getpwnam"),
    "signal": each(
        "signal alarm setitimer getsignal strsignal Signals ITIMER_REAL SIGINT SIGTERM SIGALRM SIGPIPE SIGHUP SIGUSR1 "
        "SIGUSR2 SIGCHLD SIGKILL SIG_DFL SIG_IGN default_int_handler"
    ),
    "site": each("getsitepackages getusersitepackages"),
    "socket": each("gethostname inet_aton inet_ntoa inet_pton inet_ntop ntohs htons htonl ntohl AF_INET AF_INET6"),
    "ssl": each("OPENSSL_VERSION OPENSSL_VERSION_INFO"),
    "tarfile": each("open is_tarfile TarInfo ReadError TarError"),
    "tempfile": each("TemporaryDirectory NamedTemporaryFile TemporaryFile SpooledTemporaryFile mkdtemp gettempdir"),
    "timeit": each("timeit repeat Timer default_timer"),
    "tracemalloc": each(
        "start stop take_snapshot get_traced_memory clear_traces reset_peak is_tracing Filter DomainFilter "
        "get_traceback_limit get_tracemalloc_memory get_object_traceback"
    ),
    "types": each("SimpleNamespace MappingProxyType NoneType GeneratorType TracebackType UnionType"),
}
_RUNS_TEXTS = each("run runctx")
NOT_BESIDE = {  # names that what a module makes has, which run texts or load code
    "cProfile": _RUNS_TEXTS,
    "profile": _RUNS_TEXTS,
    "tracemalloc": each("load dump"),
}
NAMES = each(
    "exec eval compile __import__ getattr setattr delattr globals locals vars breakpoint input __builtins__ "
    "__loader__ help memoryview"
)
OPENS = each(
    "open Path PurePath PosixPath listdir walk scandir glob iglob rglob stat mkdir makedirs write_text "
    "write_bytes exists isfile isdir getsize chdir connect ZipFile savefig imread imsave extractall savetxt loadtxt "
    "genfromtxt dump_stats"
)
MAKES = each(
    "connect savefig imsave extractall save makedirs mkdir savetxt dump_stats"
)  # of these: those that write what they are told
DOCUMENTS = each("ET ElementTree etree minidom")  # whose .parse opens a file
TABLES = re.compile(
    r"(read|to)_(csv|json|excel|parquet|table|html|feather|fwf|xml|orc|stata|markdown|latex|string)|ExcelFile|ExcelWriter"
)
CHANGES = each(
    "unlink rmdir rmtree remove removedirs rename renames symlink_to hardlink_to link_to symlink link chmod "
    "chown truncate touch"
)
SUSPECT = re.compile(
    r"(read|to|write)_(pickle|gpickle|database\w*|sql\w*|gbq|hdf|clipboard)|query|pipe|load_module|FileIO|open_code|home|expanduser|parents?|absolute|gi_frame|cr_frame|tb_frame|f_\w+|"
    r"modules|builtins|bltns|system|popen|environ|format_map|subprocess|inspect|importlib|shutil|types|ctypes|runpy|pickle|marshal|posix|common|core|compat|"
    r"create_subprocess_\w+|subprocess_\w+|open_connection|open_unix_\w+|start_server|start_unix_server|run_in_executor|to_thread|"
    r"get_event_loop|new_event_loop|attrgetter|methodcaller|\w*FileHandler|(Socket|SMTP|HTTP|Datagram)Handler|fileConfig|dictConfig|get_type_hints|"
    r"ForwardRef|rc_file|request|main|copyreg|make_dataclass|load_dataset|fetch_\w+|load_files|load_svmlight\w*|enable_load_extension|load_extension|"
    r"mp|deserialize|ImageShow|ImageGrab|ImageMath|show_file|"
    r"entry_points|import_module|joblib|savez\w*|fromfile|tofile|memmap|DataSource|lib|f2py|ctypeslib|distutils|testing|Formatter|get_field"
)
SETTINGS = each("encoding errors newline mode sep header names index usecols dtype nrows skiprows parse_dates "
    "orient lines exist_ok recursive "
                 "dpi bbox_inches facecolor transparent format quality optimize level encoding engine date_format "
    "index_col columns na_values topdown compression indent decimal thousands quotechar low_memory on_bad_lines "
    "header comments fmt footer unpack ndmin filter "
    "comment skipinitialspace chunksize sheet_name float_format na_rep lineterminator quoting force_ascii pad_inches "
    "date_parser dayfirst keep_default_na delimiter ensure_ascii dialect squeeze errors_")  # fmt: skip
COUNTING = {  # the most
    "range": 10**9, "sleep": 3600, "repeat": 10**9, "bytearray": 10**9, "factorial": 10**6, "pow": 10**6, "comb": 10**6,
    "perm": 10**6, "ljust": 10**8, "rjust": 10**8, "center": 10**8, "zfill": 10**8, "ones": 10**9, "zeros": 10**9,
    "full": 10**9, "empty": 10**9, "arange": 10**9, "linspace": 10**9, "eye": 10**5, "pbkdf2_hmac": 10**7,
}  # fmt: skip
LOOKS = each("getsize isfile isdir exists stat islink getmtime lexists")  # of a path: names and sizes, no contents
DESTROYS = {
    "remove": "delete",
    "unlink": "delete",
    "rmdir": "delete",
    "rmtree": "delete",
    "removedirs": "delete",
    "truncate": "delete",
}
