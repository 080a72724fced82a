"""The roots of Python: which modules are harmless as a whole, what of the others is, and the names that never are.

What an object of a harmless module can do is free, whatever it is called; what can harm comes from the modules and
functions that are named here, or is called by one of the names below.
"""

import re
import sys

from orchestrator.policy.shell.programs import KINDS
from orchestrator.policy.shell.words import each

# Modules of Python that start programs, reach out, load code, or give what others hide. All others are harmless.
ROOTS = each(
    "os posix nt sys subprocess shutil builtins importlib imp zipimport runpy code codeop ctypes pickle "
    "marshal shelve "
    "dbm copyreg pty tty termios pkgutil socket ssl http urllib.request urllib.robotparser ftplib smtplib poplib "
    "imaplib nntplib telnetlib xmlrpc socketserver webbrowser wsgiref cgi cgitb multiprocessing pdb bdb trace "
    "idlelib "
    "lib2to3 tkinter turtle turtledemo ensurepip venv zipapp compileall py_compile distutils site fileinput mailbox "
    "fcntl crypt spwd syslog readline test pydoc rlcompleter asyncore asynchat smtpd gc antigravity modulefinder "
    "pipes mailcap netrc curses msilib msvcrt winreg signal inspect nis ossaudiodev sitecustomize usercustomize "
    "cProfile profile timeit tracemalloc types getpass grp pwd"
)
ALIASES = each("bltns bltn_open mp modules linecache")  # what modules call each other
PARTLY: dict[str, re.Pattern[str] | frozenset[str]] = {  # modules, and what of each
    "os": each(
        "path listdir getcwd walk scandir stat lstat sep linesep name cpu_count getpid uname makedirs mkdir "
        "get_terminal_size fspath curdir pardir getloadavg isatty strerror extsep altsep pathsep devnull access F_OK "
        "R_OK W_OK X_OK times urandom fsencode fsdecode PathLike DirEntry sched_getaffinity getuid getgid _exit "
        "process_cpu_count pipe read write close fdopen fsync dup kill abort waitpid wait WEXITSTATUS "
        "WIFEXITED symlink link readlink fork getppid sysconf statvfs getlogin getgroups umask sched_yield "
        "get_blocking getpgid lseek fstat environ getenv remove unlink rmdir removedirs rename replace chmod "
        "chdir system popen "
        "terminal_size stat_result error utime"
    ),
    "sys": each(
        "argv stdin stdout stderr version version_info path exit platform maxsize executable byteorder getsizeof "
        "getrecursionlimit setrecursionlimit implementation hexversion float_info int_info getdefaultencoding "
        "getfilesystemencoding prefix base_prefix getrefcount intern flags exc_info thread_info maxunicode "
        "float_repr_style api_version copyright stdlib_module_names builtin_module_names warnoptions "
        "set_int_max_str_digits get_int_max_str_digits getswitchinterval setswitchinterval dont_write_bytecode "
        "__stdin__ __stdout__ __stderr__ _getframe exception settrace gettrace setprofile getprofile "
        "excepthook displayhook stdin modules float_repr_style last_value"
    ),
    "shutil": each(
        "which disk_usage get_terminal_size rmtree copy copy2 copyfile copytree move make_archive unpack_archive "
        "copyfileobj get_archive_formats ignore_patterns"
    ),
    "subprocess": each(
        "run call check_call check_output Popen getoutput getstatusoutput PIPE STDOUT DEVNULL CalledProcessError "
        "TimeoutExpired CompletedProcess SubprocessError"
    ),
    "cProfile": each("Profile"),
    "ctypes": re.compile(
        r"c_\w+|sizeof|Structure|Union|(Big|Little)Endian\w+|POINTER|pointer|byref|alignment|Array|ARRAY|addressof"
    ),
    "gc": each("collect disable enable isenabled get_count get_stats get_threshold set_threshold freeze"),
    "getpass": each("getuser"),
    "grp": each("getgrgid getgrnam"),
    "http": each("HTTPStatus HTTPMethod cookies cookiejar server client"),
    "http.client": re.compile(r"responses|[A-Z_]+|\w*(Error|Exception|NotConnected)|BadStatusLine|\w+Read"),
    "http.server": each("BaseHTTPRequestHandler SimpleHTTPRequestHandler"),
    "socketserver": re.compile(r"\w+Handler|\w*MixIn"),
    "urllib.request": each("pathname2url url2pathname Request"),
    "fileinput": each("input FileInput filename lineno filelineno isfirstline isstdin close hook_encoded"),
    "codeop": each("compile_command"),
    "copyreg": each("pickle constructor"),
    "py_compile": each("compile PyCompileError"),
    "compileall": each("compile_dir compile_file"),
    "pydoc": each("render_doc plain getdoc splitdoc plaintext"),
    "fcntl": re.compile(r"flock|lockf|LOCK_\w+"),
    "runpy": each("run_path run_module"),
    "http.cookies": re.compile(r"[A-Za-z]\w*"),
    "importlib": each("metadata util resources import_module reload abc machinery"),
    "importlib.resources": re.compile(r"[a-z]\w*"),
    "importlib.machinery": re.compile(r"ModuleSpec|[A-Z_]+"),
    "importlib.metadata": each(
        "version distribution distributions metadata requires files packages_distributions PackageNotFoundError"
    ),
    "importlib.util": each("find_spec spec_from_file_location module_from_spec"),
    "inspect": re.compile(
        r"get(source|sourcelines|sourcefile|file|doc|comments|mro|fullargspec|modulename|members|callargs|generatorstate|"
        r"annotations|module|classtree|block|coroutinestate|outerframes|innerframes|frameinfo|closurevars)|currentframe|stack|trace|getmembers_static|signature|cleandoc|is\w+|Parameter|"
        r"Signature|indentsize|CO_\w+|BoundArguments|_empty"
    ),
    "marshal": each("dumps loads version"),
    "multiprocessing": each(
        "Pool cpu_count Queue Lock Value Array freeze_support current_process TimeoutError pool Process Manager Pipe "
        "Event Semaphore Barrier RLock JoinableQueue SimpleQueue get_context set_start_method get_start_method "
        "shared_memory dummy active_children Condition BoundedSemaphore"
    ),
    "multiprocessing.pool": each("Pool ThreadPool"),
    "multiprocessing.dummy": each("Pool"),
    "multiprocessing.shared_memory": each("SharedMemory ShareableList"),
    "pickle": each("dumps dump HIGHEST_PROTOCOL DEFAULT_PROTOCOL PickleError PicklingError UnpicklingError load loads"),
    "pkgutil": each("iter_modules walk_packages"),
    "profile": each("Profile"),
    "pwd": each("getpwuid getpwnam"),
    "shelve": each("open"),
    "signal": re.compile(r"signal|alarm|setitimer|getsignal|strsignal|Signals|Handlers|ITIMER_\w+|SIG\w+|pause|"
                         r"default_int_handler|set_wakeup_fd|valid_signals|sigwait|siginterrupt|raise_signal|sigpending|pthread_sigmask"),
    "site": each("getsitepackages getusersitepackages"),
    "socket": re.compile(r"gethostname|inet_\w+|[hn]to[hn][sl]|AF_\w+|SOCK_\w+|"
        r"SO_\w+|SOL_\w+|socketpair|timeout|error|gaierror|has_ipv6"),
    "ssl": each("OPENSSL_VERSION OPENSSL_VERSION_INFO"),
    "timeit": each("timeit repeat Timer default_timer"),
    "tracemalloc": each(
        "start stop take_snapshot get_traced_memory clear_traces reset_peak is_tracing Filter DomainFilter "
        "get_traceback_limit get_tracemalloc_memory get_object_traceback Snapshot"
    ),
    "types": re.compile(r"SimpleNamespace|MappingProxyType|\w*Type(?<!FunctionType)(?<!CodeType)(?<!LambdaType)|"
                        r"GenericAlias|DynamicClassAttribute|coroutine|new_class|resolve_bases|get_original_bases|prepare_class"),
    "asyncio.subprocess": each("PIPE STDOUT DEVNULL Process"),
    "asyncio": re.compile(
        r"(?!open_connection|open_unix|start_server|start_unix|create_subprocess|subprocess_|SubprocessP|base_\w+|"
        r"unix_events|streams|selector_events|events$|windows)[A-Za-z]\w*"
    ),
    "linecache": each("getline getlines clearcache checkcache"),
}  # fmt: skip
# Those of others that calculate, draw, and read and write documents, tables and pictures.
PACKAGES = each(
    "numpy scipy pandas matplotlib mpl_toolkits seaborn plotly bokeh altair sklearn statsmodels xgboost lightgbm "
    "catboost skimage cv2 imageio PIL networkx polars pyarrow duckdb sympy torch torchvision torchaudio "
    "tensorflow keras jax jaxlib flax optax einops numba numexpr bottleneck xarray netCDF4 h5py zarr astropy "
    "shapely geopandas pyproj rasterio fiona folium cartopy Bio pysam rdkit ase pint uncertainties mpmath gmpy2 "
    "lmfit emcee pymc arviz ortools pulp cvxpy pyomo control simpy igraph graphviz pydot nltk gensim openpyxl "
    "xlsxwriter xlrd xlwt docx pptx reportlab fpdf PyPDF2 pypdf pdfplumber fitz pymupdf odf ebooklib markdown "
    "markdown2 mistune markdown_it commonmark docutils bs4 lxml html5lib cssselect tinycss2 regex unidecode "
    "chardet charset_normalizer rapidfuzz fuzzywuzzy Levenshtein jellyfish inflect num2words ftfy langdetect "
    "textstat tabulate rich click typer colorama termcolor tqdm pygments prettytable texttable pyfiglet blessed "
    "yaml toml tomli tomli_w tomlkit ruamel jsonschema jmespath jsonpath_ng dateutil pytz tzlocal arrow pendulum "
    "freezegun humanize babel attr attrs pydantic pydantic_core pydantic_settings marshmallow cattrs msgspec "
    "orjson ujson simplejson rapidjson msgpack cbor2 flask fastapi starlette werkzeug jinja2 markupsafe "
    "itsdangerous bottle falcon pytest hypothesis faker factory mock cryptography nacl bcrypt passlib jwt qrcode "
    "barcode segno sortedcontainers more_itertools toolz cytoolz funcy boltons bidict frozendict multidict "
    "typing_extensions annotated_types six packaging wcwidth anyio trio cachetools wrapt decorator deprecated "
    "tenacity loguru structlog parso libcst asttokens astor networkit community noise soundfile librosa pydub "
    "music21 mido colour webcolors cairosvg svgwrite ezdxf trimesh imagehash exifread piexif geopy haversine "
    "phonenumbers email_validator validators semver pyparsing lark ply parse docopt iniconfig pluggy sqlparse "
    "chess deap pygad gym gymnasium stable_baselines3 sentence_transformers tokenizers joblib threadpoolctl patsy "
    "hmmlearn umap hdbscan imblearn shap optuna prophet pmdarima sqlalchemy psutil cffi django tabula camelot docxtpl "
    "xmltodict feedparser icalendar vobject coverage"
)
# Of those, what opens what it is told, starts programs or loads code.
_NOT_OF_PACKAGES = re.compile(
    r"_\w*|f2py|distutils|ctypeslib|externals|texmanager|sphinxext|\w*pickle\w*|cpp_extension|hub|common"
)
# Packages of others that reach other machines, run programs, or load code. Whatever else is imported, and is no part of
# Python, is the project's own, as a script of it is.
REACHES = each(
    "test sitecustomize usercustomize gevent eventlet twine "
    "requests httpx aiohttp urllib3 paramiko fabric invoke sh plumbum pexpect delegator sarge boto3 botocore awscli "
    "google azure docker kubernetes openshift ansible scapy selenium playwright pyppeteer psycopg psycopg2 pymysql "
    "MySQLdb mysql pymongo redis peewee pony elasticsearch kafka pika twisted tornado websockets "
    "websocket grpc wget pyautogui pynput keyboard mouse keyring send2trash nmap shodan telegram discord "
    "slack_sdk twilio sendgrid stripe openai anthropic huggingface_hub transformers datasets dill "
    "cloudpickle pip setuptools distutils pkg_resources virtualenv conda poetry pipx uv yt_dlp youtube_dl "
    "pycurl gdown kaggle netmiko napalm pysftp ftputil smbprotocol impacket pwn mitmproxy tweepy praw ccxt web3 "
    "mako orchestrator fsspec s3fs gcsfs smart_open dask ray pyspark IPython jupyter dotenv "
    "notebook ptpython bpython win32api pywin32 comtypes jpype ldap3 spacy evaluate wandb mlflow"
)


def partly(module: str, name: str) -> bool | None:
    """Whether a part of a module is harmless; None where the whole module is."""
    if module.startswith("os.path"):
        return None
    if (some := PARTLY.get(module)) is not None:
        return bool(some.fullmatch(name)) if isinstance(some, re.Pattern) else name in some
    return False if is_root(module) else None


def reaches(name: str) -> bool:
    """Whether what the project's own code gives under this name is no work of it: a part of Python, or a package."""
    plain = name.strip("_")
    return bool(HIDDEN.fullmatch(name) or HARMS.fullmatch(plain)) or plain in NAMES | REACHES | _PARTS


def is_root(module: str) -> bool:
    parts = module.split(".")
    return not ROOTS.isdisjoint(".".join(parts[:at]) for at in range(1, len(parts) + 1))


def module(name: str) -> bool:
    """Whether it is a module of which all, or a part, is known to be harmless."""
    first, *parts = name.split(".")
    if first in sys.stdlib_module_names:
        hidden = any(part.startswith("_") for part in (first, *parts)) and first != "__future__"
        return name in PARTLY or name == "os.path" or not (is_root(name) or hidden)
    return first in PACKAGES and not any(map(_NOT_OF_PACKAGES.fullmatch, parts))


def own(module: str) -> bool:
    """Whether a module can only be the project's own, or a package that does no more than calculate."""
    first = module.partition(".")[0]
    hidden = first.startswith("_") or first in KINDS
    return first.isidentifier() and not hidden and first not in sys.stdlib_module_names | REACHES | PACKAGES


def stored(module: str) -> bool:
    """Whether a part of it may be set: sys.stdout, and settings of what is harmless."""
    return module in (
        "sys.stdout",
        "sys.stderr",
        "sys.stdin",
        "sys.argv",
        "sys.dont_write_bytecode",
        "sys.excepthook",
    ) or not (is_root(module) or module.startswith(("os.", "io.", "builtins.")))


PURE = each(  # modules that open no file, whatever they are told
    "math cmath statistics random string re itertools collections functools operator datetime time calendar "
    "decimal fractions json textwrap dataclasses typing enum abc heapq bisect uuid secrets hashlib hmac base64 "
    "binascii struct zlib copy pprint numbers array unicodedata html contextlib types __future__ keyword colorsys "
    "graphlib timeit sys threading queue zoneinfo difflib codecs warnings sympy mpmath toolz more_itertools "
    "urllib.parse quopri bz2 lzma gzip"
)
_PARTS = each("socket ssl pickle marshal runpy pty urllib http multiprocessing signal builtins")
NAMES = each("exec eval __import__ globals locals breakpoint __builtins__ __loader__ __spec__ vars")
HARMS = re.compile(  # on whatever they are found
    r"unlink|rmdir|rmtree|removedirs|hardlink_to|link_to|l?chmod|lchown|chown|posix_fallocate|fallocate|"
    r"(read|from)_(g?pickle|gbq|clipboard)|(load|exec|import|find)_module|open_code|FileIO|getattr_static|"
    r"f_(globals|locals|builtins)|get_objects|get_referrers|"
    r"create_subprocess_\w+|subprocess_(exec|shell)|run_(module|path)|execv\w*|execl\w*|spawn[lv]\w*|posix_spawn\w*|"
    r"(enable_)?load_extension|deserialize|unsafe_load\w*|full_load\w*|UnsafeLoader|FullLoader|load_dataset|fetch_\w+|"
    r"\w*download\w*|urlopen|urlretrieve|from_pretrained|ImageShow|ImageGrab|ImageMath|show_file|fileConfig|ForwardRef|"
    r"(Socket|SMTP|HTTP|Datagram|SysLog)Handler|entry_points?|eval_str|get_field|expanduser|expandvars|"
    r"call_command|execute_from_command_line|execute_manager|home|pw_dir|environb|open_connection|open_unix_\w+|start_server|start_unix_server|create_connection|create_server|"
    r"create_datagram_endpoint|sendto|pthread_kill|rc_file|argparse_file|FileType|DataSource|"
    r"_module|_os|_sys|os|sys|subprocess|shutil|posix|builtins|bltns|importlib|ctypes|bltn_open|pythonapi|cdll|CDLL|"
    r"truncate|dup2|fork|forkpty|killpg|setuid|chroot|mknod|mkfifo|system|popen|run_line_magic"
)
CALLED = each("system popen fork exec eval truncate home kill run_until spawn")  # of these: those that harm when called
HIDDEN = re.compile(r"__(subclasses|globals|builtins|import|loader|spec|self|getattribute|code)__")
FIELD = re.compile(
    r"\{[^{}\n]*\.__(?!(class|name|qualname|doc|module)__)\w+__|<!ENTITY\s+\S+\s+SYSTEM"
)  # what a text that is filled in walks to
EVALUATE = each("sympy numexpr jinja2 pandas typing ruamel")  # packages that read some texts as code
SAID = re.compile(
    r"__(subclasses|globals|builtins|import|loader|getattribute|self|class)__|\bos\.(system|popen|exec)|!!python/"
)
SETTINGS_OF_OTHERS = re.compile(
    r"(?i).*(token|secret|passw|credential|api_?key|access_key|private|auth).*|HOME|USERPROFILE"
)
COUNTING = {  # the most
    "range": 10**9, "sleep": 3600, "repeat": 10**9, "bytearray": 10**9, "factorial": 10**6, "pow": 10**6, "comb": 10**6,
    "perm": 10**6, "ljust": 10**8, "rjust": 10**8, "center": 10**8, "zfill": 10**8, "ones": 10**9, "zeros": 10**9,
    "full": 10**9, "memmap": 10**9, "empty": 10**9, "arange": 10**9, "linspace": 10**9, "eye": 10**5,
    "pbkdf2_hmac": 10**7, "setrecursionlimit": 10**6,
    "urandom": 10**9, "randbytes": 10**9,
    "token_bytes": 10**9, "bytes": 10**9, "seek": 10**11, "truncate": 10**10,
}  # fmt: skip
