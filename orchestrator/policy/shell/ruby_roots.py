"""What Ruby gives to code: the roots from which it could do harm, and those from which it cannot."""

import re

from orchestrator.policy.shell.words import each

FUNCTIONS = each(  # that need no receiver
    "puts print p pp printf putc format sprintf rand srand Integer Float String Array Hash Rational Complex "
    "BigDecimal "
    "URI Set lambda proc raise fail catch throw block_given? loop sleep exit exit! abort warn at_exit gets "
    "readline "
    "readlines freeze frozen? then tap private public protected private_constant attr_accessor attr_reader "
    "attr_writer "
    "include extend prepend module_function caller caller_locations __method__ __dir__ gsub gsub! sub sub! chomp "
    "chop j "
    "jj instance_variable_get instance_variable_set instance_variables is_a? nil? hash object_id inspect to_s "
    "class "
    "private_class_method it _1 _2 _3 srand trap puts! display dup clone super initialize self yield_self "
    "public_class_method"
)
RULED_FUNCTIONS = each(
    "system exec spawn open require require_relative load method define_method alias_method Pathname"
)
NEVER = each(  # what leads from a value to the roots, or does harm whatever it is called on
    "send public_send __send__ public_method instance_method instance_eval class_eval module_eval instance_exec "
    "class_exec module_exec eval binding const_get const_set const_missing const_source_location constants "
    "ancestors "
    "included_modules superclass subclasses nesting singleton_method public_instance_method "
    "define_singleton_method "
    "remove_const fork popen popen2 popen2e popen3 capture2 capture2e capture3 pipeline pipeline_r pipeline_rw "
    "pipeline_start syscall sysopen reopen for_fd ` try try! def_delegator def_delegators def_instance_delegator "
    "def_instance_delegators inplace_mode argv callcc autoload set_trace_func trace_var "
    "test refine using undef_method remove_method kill daemon local_variable_set irb pry unsafe_load "
    "const_added trap exec system spawn instance_variable_names each_object"
)
OF_METHODS = each("owner receiver unbind bind bind_call super_method")  # what a method says of where it is from
BY_NAME = each("inject reduce to_enum enum_for to_proc method define_method alias_method sum each_entry")
LEADING = each(
    "instance_eval instance_exec class_eval module_eval send eval system exec spawn popen const_get ancestors "
    "superclass binding instance_method fork syscall reopen class"
)
DECODES = each("pack unpack unpack1 chr hex oct decode64 strict_decode64 urlsafe_decode64 decode")
EDITS = each(
    "gsub gsub! sub sub! tr tr! tr_s reverse reverse! delete delete! swapcase downcase upcase succ next slice "
    "squeeze rot13 insert rotate chars crypt"
)
GLOBALS_NEVER = {'$"', "$LOADED_FEATURES", "$-I", "$-i", "$*"}
CONSTANTS = each(
    "String Integer Float Array Hash Range Regexp MatchData Symbol Proc NilClass TrueClass FalseClass Numeric "
    "Rational Complex Comparable Enumerable Enumerator Math Random Encoding Struct OpenStruct Data Set SortedSet "
    "Time Date DateTime JSON YAML Psych CSV BigDecimal Prime Matrix Vector SecureRandom Digest OpenSSL Base64 "
    "StringIO StringScanner Benchmark Shellwords OptionParser Observable Singleton Forwardable SimpleDelegator "
    "Timeout Thread Mutex Queue SizedQueue ConditionVariable Monitor Fiber Ractor URI CGI PP PrettyPrint Abbrev "
    "Zlib REXML Nokogiri Ox Oj Kramdown Redcarpet Rouge CommonMarker Liquid Mustache Tabulo TTY Pastel Rainbow "
    "Money Faker Minitest Test RSpec ActiveSupport STDIN STDOUT STDERR ARGF DATA RUBY_VERSION RUBY_PLATFORM "
    "RUBY_ENGINE RUBY_PATCHLEVEL RUBY_RELEASE_DATE RUBY_COPYRIGHT RUBY_DESCRIPTION TRUE FALSE NIL StopIteration "
    "Interrupt SystemExit SignalException Errno Warning UnicodeNormalize Ripper WeakRef Etc RbConfig GC Tempfile "
    "Logger Pathname ERB TSort Racc Strscan Bigdecimal ObjectSpace Signal Gem Object BasicObject Class Module "
    "Kernel Process File FileTest IO Dir FileUtils Open3 ENV ARGV Exception"
)
RULED = each(  # of these: those whose methods are looked at
    "File FileTest IO Dir FileUtils Kernel Process Open3 ENV ARGV ERB YAML Psych JSON CSV Tempfile Logger Zlib "
    "Pathname GC "
    "RbConfig Etc Signal Gem Object BasicObject Class Module ObjectSpace Digest"
)
NEVER_CONSTANTS = re.compile(  # that no code of the project makes harmless
    r"\w*(?:Socket|Server)|Net|HTTP\w*|OpenURI|DRb|WEBrick|Rake|Bundler|RubyVM|TracePoint|Binding|Method|UnboundMethod|"
    r"Marshal|PTY|IRB|Pry|Fiddle|DL|Win32\w*|Faraday|Rest\w+|Excon|Typhoeus|Mechanize|A[wW][sS]|Fog|Redis|Mail|Syslog|"
    r"Readline|Reline|Selenium|Capybara|Ferrum|Docker|Kubeclient|TOPLEVEL_BINDING|Sequel|PG|Mysql2|SQLite3|Mongo\w*|"
    r"ActiveRecord|ActionMailer|ActiveStorage|Sidekiq|Resque|TTY"
)
ERRORS = re.compile(r"\w+(?:Error|Exception)")
LIBRARIES = each(
    "json csv yaml psych date time set bigdecimal bigdecimal/util prime pp securerandom digest digest/md5 "
    "digest/sha1 digest/sha2 digest/sha256 openssl stringio strscan ostruct matrix tempfile tmpdir fileutils "
    "pathname open3 erb optparse benchmark forwardable singleton observer logger zlib base64 English shellwords "
    "uri cgi cgi/util timeout etc io/console abbrev delegate rexml/document nokogiri ox oj kramdown redcarpet "
    "rouge bundler/setup active_support active_support/all active_support/core_ext rbconfig objspace weakref "
    "tsort monitor thread enumerator rational complex comparable ripper minitest/autorun test/unit money faker "
    "tabulo pastel rainbow unicode_normalize/normalize prettyprint find un"
)
READS = {
    "File": each(
        "read binread readlines foreach exist? file? directory? size size? zero? empty? stat lstat mtime ctime "
        "atime birthtime readable? writable? executable? symlink? ftype readlink realpath realdirpath "
        "world_readable? identical? open new"
    ),
    "Dir": each("glob [] children entries each_child exist? empty? foreach open new"),
    "CSV": each("read foreach table readlines open"),
    "YAML": each("load_file safe_load_file parse_file"),
    "JSON": each("load_file load_file!"),
    "Digest": each("file"),
    "Pathname": each("new glob"),
    "Zlib": each("open"),
}
WRITES = {
    "File": each("write binwrite mkfifo"),
    "Dir": each("mkdir"),
    "Logger": each("new"),
    "Zlib": each("open"),
    "FileUtils": each("mkdir mkdir_p makedirs mkpath touch"),
}
COPIES = each("cp cp_r copy copy_file copy_entry install")
DELETES = {
    "File": each("delete unlink"),
    "Dir": each("rmdir delete unlink"),
    "FileUtils": each(
        "rm rm_f rm_r rm_rf rmtree remove remove_file remove_dir remove_entry remove_entry_secure rmdir safe_unlink"
    ),
}
PURE = {
    "File": each("join basename dirname extname split expand_path absolute_path absolute_path? fnmatch fnmatch? path"),
    "Dir": each("pwd getwd home tmpdir mktmpdir"),
    "Process": each("clock_gettime pid ppid times clock_getres argv0"),
    "GC": each("start stat count enable disable compact"),
    "RbConfig": each("ruby size"),
    "Etc": each("nprocessors uname getlogin"),
    "Gem": each("ruby_version"),
    "Signal": each("list"),
    "Object": each("new"),
    "BasicObject": each("new"),
    "Class": each("new"),
    "Module": each("new"),
    "ObjectSpace": each("count_objects memsize_of garbage_collect"),
    "FileUtils": each("pwd compare_file"),
}
ANY = each("YAML Psych JSON CSV Digest Zlib Tempfile Logger Pathname")  # other methods of them do nothing to files
STARTS = {
    "Kernel": each("system exec spawn `"),
    "Process": each("spawn exec"),
    "IO": each("popen"),
    "Open3": each("capture2 capture2e capture3 popen2 popen2e popen3"),
}
FACTS = re.compile(r"(?:File|Process|IO|Gem|RbConfig|Digest|Zlib|CSV|ERB|Etc|JSON|YAML|Psych|Tempfile|Logger|Dir)::\w+")
CHANGES_A_PATH = each(
    "delete unlink rmtree rmdir rename write binwrite mkdir mkpath open make_link make_symlink sysopen truncate "
    "chmod chown utime"
)
CHANGES_DATA = re.compile(  # of the project's database
    r"(?:delete|destroy|update|save|create|insert|upsert|touch|increment|toggle|execute|exec_query|truncate|drop|purge|"
    r"perform|deliver|enqueue|add_column|remove|change_|rename_|migrate|rollback|credentials|secrets|invoke|attach|run)"
)
SECRET = re.compile(r"key|token|secret|pass|credential|auth", re.IGNORECASE)
WAYS_OUT = re.compile(r"\b(?:break|return|raise|exit|abort|throw|StopIteration)\b")
STOPS = re.compile(
    r"\b(?:lazy|break|first|find|detect|take|take_while|return|find_index|any\?|include\?|cover\?|size|sum|rand|step|sample|next)\b"
)
REACHES = re.compile(
    r"(?:socket|net|open-uri|pty|drb|webrick|rake|fiddle|http\w*|faraday|rest-client|typhoeus|excon|aws|mechanize|selenium|"
    r"capybara|mail|redis|pg|mysql2|sqlite3|mongo|sequel|active_record|rails|action_mailer|irb|pry|debug|bundler|rubygems|shell|"
    r"tty-command|posix|docker|kubeclient|resolv|readline|reline|io|win32ole|syslog|dl|expect|rinda|un|mkmf|ftools|sidekiq)\b.*"
)
OF_LISTS = each(  # that change nothing
    "first last each map size length empty? any? join fetch at dig sum select reject each_with_index to_a inspect "
    "include? "
    "count none? each_slice zip sort uniq flat_map all? take drop dup reduce inject [] filter_map find"
)
