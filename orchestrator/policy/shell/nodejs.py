"""What node gives to code: the roots from which it could do harm, and those from which it cannot."""

import re

from orchestrator.policy.shell.words import each

GLOBALS = each(
    "Object Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error "
    "AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer "
    "Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray "
    "BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef decodeURI decodeURIComponent "
    "encodeURI encodeURIComponent escape unescape isFinite isNaN console Buffer clearImmediate setImmediate URL "
    "URLSearchParams SharedArrayBuffer Atomics AbortController AbortSignal Event EventTarget TextEncoder TextDecoder "
    "ReadableStream WritableStream TransformStream clearInterval clearTimeout setInterval setTimeout queueMicrotask "
    "structuredClone atob btoa performance crypto Blob Proxy __filename __dirname module exports arguments Iterator"
)
RULED = each("require process fetch")  # globals that are looked at where they stand
NEVER = each(  # what leads from a value to the roots
    "constructor __proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ mainModule require "
    "process global globalThis binding _linkedBinding dlopen _load _extensions _compile getBuiltinModule createRequire "
    "caller eval Function reallyExit prepareStackTrace"
)
MODULES = each(
    "path util assert assert/strict url querystring events string_decoder readline readline/promises os perf_hooks "
    "timers timers/promises buffer stream stream/promises zlib crypto test punycode async_hooks constants tty "
    "worker_threads "
    "lodash underscore ramda dayjs moment luxon date-fns chalk uuid nanoid yaml js-yaml csv-parse csv-parse/sync "
    "csv-stringify csv-stringify/sync papaparse semver ajv zod joi yup validator marked markdown-it cheerio handlebars "
    "mustache mathjs decimal.js bignumber.js big.js immutable immer rxjs async bluebird qs ms bytes minimatch "
    "picomatch micromatch glob fast-glob globby typescript acorn esprima @babel/parser prettier postcss table "
    "cli-table3 kleur picocolors debug react react-dom react-dom/server vue d3 d3-array simple-statistics "
    "fast-xml-parser xml2js ini toml dotenv-parse gray-matter remark unified diff fast-deep-equal classnames color "
    "recast jscodeshift esbuild rollup terser better-sqlite3 jsdom supertest ts-morph magic-string estree-walker "
    "@babel/generator @babel/traverse @babel/types @babel/core sass less autoprefixer tailwindcss cssnano htmlparser2 "
    "parse5 turndown showdown nunjucks pug ejs liquidjs pegjs peggy nearley antlr4 graphql yargs-parser inquirer ora "
    "boxen figlet string-width strip-ansi wrap-ansi slugify change-case camelcase he entities iconv-lite jszip pako "
    "archiver tar-stream adm-zip pdf-lib pdf-parse mammoth docx pngjs jpeg-js jimp qrcode bwip-js chart.js plotly.js "
    "danfojs ml-matrix ml-regression mathjs-simple-integral fraction.js seedrandom long protobufjs avsc msgpackr bson "
    "flatbuffers ioredis-mock sql.js knex typeorm sequelize drizzle-orm express fastify koa hono @hono/node-server "
    "jsonpath jmespath json5 hjson toml-js js-toml @iarna/toml smol-toml xlsx-populate csv fast-csv "
    "jest-diff expect chai sinon ava tape xlsx exceljs pdfkit sharp canvas jsonschema commander yargs minimist"
)
LISTS = each("getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames")  # every name of a value
READS = each(
    "readFileSync readFile existsSync exists readdirSync readdir statSync stat lstatSync lstat accessSync access "
    "createReadStream watch watchFile unwatchFile opendirSync opendir realpathSync realpath"
)
LOOKS = READS - each("readFileSync readFile createReadStream")  # at names and sizes
WRITES = each("writeFileSync writeFile appendFileSync appendFile mkdirSync mkdir createWriteStream mkdtempSync mkdtemp")
COPIES = each("copyFileSync copyFile cpSync cp")
DELETES = each("rmSync rm unlinkSync unlink rmdirSync rmdir truncateSync truncate renameSync rename")
STARTS = each("exec execSync spawn spawnSync execFile execFileSync")
SERVES = each("http net https http2")
RULED_MODULES = SERVES | {"fs", "child_process"}
PROCESS = each(
    "argv argv0 version versions platform arch uptime memoryUsage hrtime cwd stdout stderr stdin exit exitCode "
    "nextTick on once pid ppid title cpuUsage resourceUsage release execPath execArgv emitWarning env features config"
)
LEADING = each("constructor __proto__ __lookup __define caller mainModule")  # of them, those of any value
HIDDEN = re.compile(
    r"<!--|-->|[\u2028\u2029]|\r(?!\n)"
)  # what begins a line, or a comment, for one reader and not for another
SECRET = re.compile(r"key|token|secret|pass|credential|auth", re.IGNORECASE)
LOOPBACK = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/?]|$)")
DECODES = each("atob fromCharCode fromCodePoint unescape decodeURIComponent")
MANY = each(
    "repeat alloc allocUnsafe Array padStart padEnd Uint8Array Float64Array Uint32Array ArrayBuffer "
    "SharedArrayBuffer fill"
)
ENCODINGS = each("hex base64 base64url latin1 binary")
JOINS = ("path.join", "path.resolve", "path.normalize")
EDITS = each("replace replaceAll slice substring substr toLowerCase toUpperCase reverse split trim join")
OPENS_FILES = re.compile(
    r"(?P<mode>read|load|open|parse|write|to|save|delete|remove)\w*(?:File|Path|Dir|Directory)(?:Sync)?"
)
OPENS_AS = {"write": "write", "to": "write", "save": "write", "delete": "delete", "remove": "delete"}
OF_MODULES = each("sys fs child_process")  # what modules of others carry with them
NEAR = ("localhost", "127.0.0.1", "::1")
REFLECTS = each("get set has apply deleteProperty isExtensible")
TEMPLATE = re.compile(r"<%|\{\{")
STARTED_WITH = each("encoding stdio timeout maxBuffer windowsHide input killSignal detached argv0 signal")
CALLS = each("get request connect createConnection")
NAMED = each(  # where a module is given its name
    "variable_declarator import_specifier import_clause namespace_import arrow_function formal_parameters"
)
