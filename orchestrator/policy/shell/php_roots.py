"""What PHP gives to code: the functions and classes with which it could do harm, and those with which it cannot."""

import re

from orchestrator.policy.shell.words import each

FAMILIES = re.compile(
    r"array_\w+|str_(?!repeat$)\w+|str(?:len|i?pos|ri?pos|rev|tolower|toupper|str|istr|r?chr|n?(?:case|"
    r"atcase)?cmp|natcmp|coll|c?spn|"
    r"pbrk|tok|tr|val|ip_tags|ip_slashes|ipc?slashes|totime|f?time|ptime)|mb_(?!ereg_replace|send_mail|"
    r"parse_str)\w+|preg_\w+|json_\w+|"
    r"date\w*|timezone_\w+|ctype_\w+|iconv\w*|is_(?!file|dir|link|readable|writ|exec|uploaded)\w+|html\w*|gmp_\w+|"
    r"bc\w+|grapheme_\w+|"
    r"numfmt_\w+|normalizer_\w+|collator_\w+|cal_\w+|jd\w+|sodium_\w+|random_\w+|mt_\w+|utf8_\w+|base64_\w+|"
    r"(?:raw)?url(?:en|de)code|parse_url|zlib_(?:en|de)code|gz(?:un)?compress|gz(?:en|de)code|gz(?:de|in)flate|"
    r"hash(?:_hmac|_algos|"
    r"_equals|_init|_update|_final|_pbkdf2)?|password_\w+|var_(?:dump|export)|get_(?:class\w*|object_\w+|"
    r"parent_class|"
    r"debug_type|called_class|resource_\w+|mangled_\w+|loaded_extensions|declared_\w+|defined_constants|"
    r"included_files|"
    r"html_translation_table)|iterator_(?:to_array|count)|spl_object_\w+|spl_classes|class_(?!alias)\w+|"
    r"\w+_exists|func_\w+|ob_(?!start)\w+|"
    r"memory_\w+|gc_\w+|libxml_(?!set_external)\w+|simplexml_(?:load_string|import_dom)|dom_import_simplexml|"
    r"u?ksort|substr\w*|"
    r"uc\w+|lc\w+|image(?!createfrom|png|jpeg|gif|webp|bmp|avif|wbmp|xbm|grab)\w+|easter_\w+|ip2long|long2ip|"
    r"inet_\w+|token_\w+|"
    r"debug_\w+|a?r?sort|k?r?sort|nat(?:case)?sort|fdiv|is_callable|log\w*|array"
)
NAMES = each(
    "count sizeof in_array range compact end reset next prev current key min max abs ceil floor round sqrt pow "
    "exp pi fmod intdiv sin cos tan asin acos atan atan2 sinh cosh tanh deg2rad rad2deg hypot number_format rand "
    "srand getrandmax lcg_value uniqid md5 sha1 crc32 bin2hex hex2bin dechex hexdec bindec decbin octdec decoct "
    "base_convert chr ord implode explode join nl2br trim ltrim rtrim chop wordwrap similar_text levenshtein "
    "soundex metaphone sprintf vsprintf printf vprintf fprintf vfprintf addslashes addcslashes stripslashes "
    "stripcslashes quotemeta chunk_split sscanf strip_tags nl_langinfo localeconv setlocale count_chars pack "
    "unpack serialize unserialize intval floatval doubleval strval boolval settype gettype time mktime gmmktime "
    "checkdate microtime gmdate idate getdate localtime hrtime usleep sleep shuffle constant define defined "
    "version_compare phpversion php_uname php_sapi_name zend_version sys_get_temp_dir getmypid get_current_user "
    "gethostname error_reporting ini_get set_time_limit error_get_last trigger_error fgets fgetc fgetcsv fputcsv "
    "fwrite fputs fread fclose feof fflush ftell fseek rewind ftruncate flock fscanf fpassthru fstat tmpfile "
    "stream_get_contents stream_get_line stream_isatty readdir closedir pclose basename dirname pathinfo fnmatch "
    "filter_var filter_list extension_loaded readline isset unset empty list die exit str_getcsv http_build_query "
    "escapeshellarg highlight_string php_ini_loaded_file getcwd assert levenshtein header setcookie print_r "
    "http_response_code flush connection_status mb_internal_encoding finfo_open finfo_buffer ctype_alpha crypt "
    "array_walk fputcsv money_format quoted_printable_encode convert_uuencode str_rot13 similar_text lcfirst "
    "lchown_ print headers_sent get_cfg_var getopt array_multisort posix_getpid posix_isatty "
    "cli_set_process_title getlastmod getmyuid msgpack_pack msgpack_unpack igbinary_serialize yaml_parse "
    "yaml_emit ctype usort uasort fsync is_countable"
)
NEVER = re.compile(  # of PHP itself, and of no project
    r"set_\w+|putenv|l?ch(?:mod|own|grp|root|dir)|(?:sym)?link|rename|mail|mb_\w+|curl_\w+|p?fsockopen|socket_\w+|"
    r"stream_\w+|proc_\w+|"
    r"pcntl_\w+|posix_\w+|dl|eval|create_function|ini_\w+|apache_\w+|(?:ftp|ssh2|imap|ldap|mysqli?|pg|odbc|oci|"
    r"sqlsrv|ibase)_\w+|sqlite\w+|"
    r"db\w+|opcache_\w+|ffi\w*|extract|parse_str|get_\w+|php\w+|getenv|spl_\w+|class_\w+|move_uploaded_file|"
    r"syslog|openlog|header_\w+|"
    r"register_\w+|gethostby\w+|dns_\w+|checkdnsrr|getmxrr|forward_static_\w+|session_\w+|shm\w*|sem_\w+|msg_\w+|"
    r"readline_\w+|xml_\w+|"
    r"libxml_\w+|assert\w*|umask|ignore_user_abort|zip_\w+|bz\w+|gz\w+|apcu?_\w+|error_log|iptcembed|unserialize|"
    r"call_user_\w+|"
    r"image\w+|enchant_\w+|snmp\w+|cli_\w+|debug_\w+|ob_\w+|output_\w+|array_\w+|iterator_\w+|filter_\w+|tempnam|"
    r"popen|system|"
    r"passthru|exec|shell_exec|hash_\w+|virtual|sapi_\w+|unlink|rmdir|yaml_\w+|wincache_\w+|lchown|vfprintf|"
    r"trigger_\w+"
)
TAKERS = {  # that call what they are handed, and where that stands
    "array_map": 0, "array_filter": 1, "array_reduce": 1, "array_walk": 1, "array_walk_recursive": 1, "usort": 1,
    "uasort": 1, "uksort": 1, "array_find": 1, "array_find_key": 1, "array_any": 1, "array_all": 1, "iterator_apply": 1,
    "preg_replace_callback": 1, "mb_ereg_replace_callback": 1, "call_user_func": 0, "call_user_func_array": 0,
    "register_shutdown_function": 0, "set_error_handler": 0, "set_exception_handler": 0, "ob_start": 0,
    "is_callable": -1, "array_udiff": -1, "array_udiff_assoc": -1, "array_uintersect": -1, "array_diff_ukey": -1,
    "array_uintersect_assoc": -1, "array_diff_uassoc": -1, "array_intersect_ukey": -1, "array_intersect_uassoc": -1,
}  # fmt: skip
UNSAFE_TAKERS = re.compile(r"array_u(?:diff|intersect)_uassoc|preg_replace_callback_array")
READS = each(
    "file file_get_contents readfile is_file is_dir is_link is_readable is_writable is_writeable is_executable "
    "file_exists filesize filemtime fileatime filectime fileperms filetype fileowner stat lstat md5_file "
    "sha1_file scandir glob opendir dir parse_ini_file simplexml_load_file show_source highlight_file "
    "php_strip_whitespace getimagesize exif_read_data exif_imagetype mime_content_type realpath disk_free_space "
    "disk_total_space gzfile readgzfile imagecreatefrompng imagecreatefromjpeg imagecreatefromgif "
    "imagecreatefromwebp yaml_parse_file"
)
LISTS = each("scandir opendir dir DirectoryIterator FilesystemIterator RecursiveDirectoryIterator")
WRITES = {"file_put_contents": 0, "touch": 0, "mkdir": 0, "imagepng": 1, "imagejpeg": 1, "imagegif": 1, "imagewebp": 1}
STARTS = each("exec shell_exec system passthru popen")
DELETES = each("unlink rmdir")
STREAMS = re.compile(r"php://(?:stdin|stdout|stderr|output|memory|temp)\b.*")
CLASSES = re.compile(
    r"Date\w*|ArrayObject|\w*Array\w*Iterator|Spl(?:Stack|Queue|DoublyLinkedList|ObjectStorage|FixedArray|M..Heap|"
    r"PriorityQueue|"
    r"TempFileObject)|stdClass|\w*(?:Exception|Error)|NumberFormatter|IntlDateFormatter|IntlCalendar|Collator|"
    r"Normalizer|Locale|"
    r"MessageFormatter|Transliterator|DOM\w+|SimpleXML\w+|Generator|WeakMap|WeakReference|Closure|(?:Infinite|"
    r"Limit|Multiple|Append|"
    r"Caching|RecursiveIterator|Iterator|Regex|NoRewind|Empty|Parent|RecursiveTree)Iterator|"
    r"Iterator(?:Aggregate)?|Countable|JsonSerializable|"
    r"Stringable|Traversable|ArrayAccess|Random\\\w+|Randomizer|BcMath\\Number|GMP|UnitEnum|BackedEnum|Attribute|"
    r"finfo|Ds\\\w+|"
    r"self|static|parent|Fiber|ReturnTypeWillChange|AllowDynamicProperties|Override|SensitiveParameter"
)
OPENING_CLASSES = each(
    "DirectoryIterator FilesystemIterator RecursiveDirectoryIterator GlobIterator SplFileInfo SplFileObject"
)
NEVER_METHODS = each(
    "openfile registerphpfunctions registerphpfunctionns openuri open xinclude setfileclass setinfoclass extractto"
)
VENDORS = re.compile(  # libraries that reach, run or delete
    r"\\?(?:Symfony|GuzzleHttp|Illuminate|League|Monolog|Doctrine|React|Amp|Laravel|phpseclib\d?|Aws|Google|"
    r"Composer|Swoole|"
    r"Workerman|Predis|MongoDB|PHPMailer|Stripe|Twilio|Http|Buzz|Spatie|Nette|Cake|Yii|yii|Zend|Laminas|"
    r"Reflection\w*|"
    r"PDO|mysqli|SQLite3|ZipArchive|Phar\w*|SoapClient|FFI|COM|SplFileObject|Redis|Memcached?|SessionHandler|"
    r"Imagick|XML\w+|Spl\w+)"
    r"(?:\\.*)?"
)
SERVER = each("argv argc REQUEST_TIME REQUEST_TIME_FLOAT SCRIPT_NAME SCRIPT_FILENAME PHP_SELF PWD HOME USER LANG")
SETTINGS = each(
    "display_errors error_reporting memory_limit precision serialize_precision max_execution_time date.timezone"
)
MANY = each("str_repeat array_fill range str_pad random_bytes openssl_random_pseudo_bytes")
DECODES = each(
    "chr base64_decode hex2bin pack unpack str_rot13 convert_uudecode gzinflate gzuncompress html_entity_decode "
    "urldecode rawurldecode mb_chr dechex base_convert"
)
EDITS = each(
    "str_replace strtr strrev preg_replace substr substr_replace strtolower strtoupper ucfirst lcfirst implode "
    "join str_split preg_replace_callback sprintf vsprintf trim ltrim rtrim strstr array_reverse"
)
SECRET = re.compile(r"key|token|secret|pass|credential|auth", re.IGNORECASE)
LEAVES = ("break_statement", "return_statement", "exit_statement", "throw_expression")
