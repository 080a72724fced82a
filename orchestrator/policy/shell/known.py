"""What of Python is known: modules and names that are harmless, those that open files, those that are neither."""

import re

from orchestrator.policy.shell.words import each

MODULES = each(
    "sys json csv re math cmath statistics collections collections.abc itertools functools datetime time "
    "calendar decimal fractions random string "
    "textwrap dataclasses typing enum logging asyncio sqlite3 zipfile xml.etree.ElementTree contextlib abc operator "
    "warnings configparser ipaddress traceback matplotlib matplotlib.pyplot matplotlib.dates matplotlib.ticker seaborn "
    "scipy.stats scipy.optimize scipy.signal scipy.interpolate sklearn.linear_model sklearn.model_selection "
    "sklearn.metrics sklearn.cluster sklearn.preprocessing sklearn.ensemble sklearn.decomposition sklearn.tree PIL "
    "textwrap hashlib hmac base64 binascii pathlib os os.path glob platform pprint unicodedata io struct zlib "
    "html urllib.parse tomllib difflib "
    "fnmatch heapq bisect uuid secrets pandas numpy tabulate locale copy numbers array keyword zoneinfo yaml __future__"
)
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
NAMES = each(
    "exec eval compile __import__ getattr setattr delattr globals locals vars breakpoint input __builtins__ "
    "__loader__ help memoryview"
)
OPENS = each(
    "open Path PurePath PosixPath listdir walk scandir glob iglob rglob stat mkdir makedirs write_text "
    "write_bytes exists isfile isdir getsize chdir connect ZipFile savefig imread imsave extractall"
)
MAKES = each("connect savefig imsave extractall save makedirs mkdir")  # of these: those that write what they are told
DOCUMENTS = each("ET ElementTree etree")  # whose .parse opens a file
TABLES = re.compile(
    r"(read|to)_(csv|json|excel|parquet|table|html|feather|fwf|xml|orc|stata|markdown|latex|string)|ExcelFile|ExcelWriter"
)
CHANGES = each(
    "unlink rmdir rmtree remove removedirs rename renames symlink_to hardlink_to link_to symlink link chmod "
    "chown truncate touch"
)
SUSPECT = re.compile(
    r"(read|to)_(pickle|sql\w*|gbq|hdf|clipboard)|query|pipe|load_module|FileIO|open_code|home|expanduser|parents?|absolute|gi_frame|cr_frame|tb_frame|f_\w+|"
    r"modules|builtins|bltns|system|popen|environ|format_map|subprocess|inspect|importlib|shutil|types|ctypes|runpy|pickle|marshal|posix|common|core|compat|"
    r"create_subprocess_\w+|subprocess_\w+|open_connection|open_unix_\w+|start_server|start_unix_server|run_in_executor|to_thread|"
    r"get_event_loop|new_event_loop|attrgetter|methodcaller|\w*FileHandler|(Socket|SMTP|HTTP|Datagram)Handler|fileConfig|dictConfig|get_type_hints|"
    r"ForwardRef|make_dataclass|load_dataset|fetch_\w+|load_files|load_svmlight\w*|enable_load_extension|load_extension|"
    r"deserialize|ImageShow|ImageGrab|ImageMath|show_file|"
    r"genfromtxt|loadtxt|savetxt|savez\w*|fromfile|tofile|memmap|DataSource|lib|f2py|ctypeslib|distutils|testing|Formatter|get_field"
)
SETTINGS = each("encoding errors newline mode sep header names index usecols dtype nrows skiprows parse_dates "
    "orient lines exist_ok recursive "
                 "dpi bbox_inches facecolor transparent format quality optimize level encoding engine date_format "
    "index_col columns na_values topdown compression indent")  # fmt: skip
COUNTING = {"range": 10**9, "sleep": 3600, "repeat": 10**9, "bytearray": 10**9, "factorial": 10**6}  # the most
DESTROYS = {
    "remove": "delete",
    "unlink": "delete",
    "rmdir": "delete",
    "rmtree": "delete",
    "removedirs": "delete",
    "truncate": "delete",
}
