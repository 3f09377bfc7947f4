export interface BakeCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** What follows `bake --print`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Bake files whose `--print` can be compared with that of docker buildx. */
export const CASES: readonly BakeCase[] = [
  {
    name: "all attributes",
    files: {
      "one.txt": "",
      "docker-bake.hcl": `
// a comment
group "default" { targets = ["app"] }
target "app" {
  context = "src"
  dockerfile = "sub/Dockerfile"
  args = { A = "1", B = null, "C-D" = "x" }
  annotations = ["index,manifest:k=v"]
  labels = { l = "v", n = null }
  tags = ["a:1", "docker.io/me/a:2"]
  cache-from = ["type=registry,ref=me/cache", "me/short", { type = "local", src = "dir" }]
  cache-to = ["type=inline"]
  contexts = { base = "docker-image://alpine", other = "target:other" }
  target = "final"
  secret = ["id=one,src=one.txt", { type = "env", id = "two" }]
  ssh = ["default"]
  platforms = ["linux/amd64", "linux/arm64"]
  output = ["type=image,push=true", { type = "local", dest = "out" }, "dir"]
  pull = true
  no-cache = true
  no-cache-filter = ["a", "b"]
  network = "host"
  shm-size = "64m"
  ulimits = ["nofile=1024:2048"]
  extra-hosts = { "some.host" = "1.2.3.4" }
  entitlements = ["network.host"]
  description = "what it is"
  attest = ["type=sbom", "type=provenance,mode=min"]
}
target "other" {
  dockerfile-inline = "FROM scratch"
  call = "check"
}
`,
    },
    env: { two: "x" },
  },
  {
    name: "inheritance",
    files: {
      "docker-bake.hcl": `
target "base" {
  args = { A = "base", B = "base" }
  labels = { one = "base" }
  tags = ["base"]
  platforms = ["linux/amd64"]
  context = "base"
}
target "_common" { args = { C = "common" }, pull = true }
target "child" {
  inherits = ["base", "_common"]
  args = { B = "child" }
  labels = { two = "child" }
}
target "grandchild" {
  inherits = ["child"]
  tags = []
  context = ""
  dockerfile = target.child.dockerfile
  target = "x-\${target.base.args.A}"
}
group "all" { targets = ["child", "nested"] }
group "nested" { targets = ["grandchild", "child"] }
`.replace('{ args = { C = "common" }, pull = true }', '{\n  args = { C = "common" }\n  pull = true\n}'),
    },
    args: ["all"],
  },
  {
    name: "several files",
    files: {
      "docker-bake.json": `{"group":{"default":{"targets":["a"]}},"variable":{"V":{"default":"json"}},"target":{"a":{"args":{"X":"\${V}","Y":"1"},"tags":["json:\${V}"]},"b":{"inherits":["a"]}}}`,
      "docker-bake.hcl": `
variable "W" { default = "\${V}-hcl" }
target "a" { args = { X = W } }
group "default" { targets = ["a", "b"] }
`,
      "docker-bake.override.hcl": `
variable "V" { default = "override" }
target "b" { args = { Z = "override" } }
`,
    },
  },
  {
    name: "variables",
    files: {
      "docker-bake.hcl": `
variable "TAG" { default = "latest" }
variable "UNSET" {}
variable "COUNT" { default = 3 }
variable "ON" { default = true }
variable "LIST" { default = ["a", "b"] }
variable "TYPED" {
  type = number
  default = 1
  description = "typed"
}
variable "MAP" {
  type = map(string)
  default = { k = "v" }
}
variable "FROM_ENV" { default = "no" }
variable "DERIVED" { default = "\${FROM_ENV}-\${TAG}" }
PLAIN = "plain-\${TAG}"
target "default" {
  args = {
    TAG = TAG
    UNSET = UNSET
    COUNT = COUNT + 1
    ON = ON ? "yes" : "no"
    LIST = join(",", LIST)
    FIRST = LIST[0]
    TYPED = TYPED * 2
    MAP = MAP["k"]
    DOT = MAP.k
    DERIVED = DERIVED
    PLAIN = PLAIN
    EMPTY = UNSET == "" ? "empty" : UNSET
    NULL = equal(UNSET, null) ? "null" : "set"
  }
  tags = ["app:\${TAG}", "\${ON ? "app:on" : ""}", notequal("", UNSET) ? "x" : ""]
}
`,
    },
    env: { FROM_ENV: "yes", COUNT: "41", ON: "false", TYPED: "21", IGNORED: "x" },
  },
  {
    name: "typed overrides",
    files: {
      "docker-bake.hcl": `
variable "NAMES" {
  type = list(string)
  default = ["x"]
}
variable "LABELS" {
  type = map(string)
  default = {}
}
variable "FLAG" {
  type = bool
  default = false
}
target "default" {
  tags = [for name in NAMES : "app:\${name}"]
  labels = LABELS
  args = { FLAG = FLAG, N = length(NAMES) }
}
`,
    },
    env: { NAMES: "a,b", LABELS_JSON: '{"one":"1"}', FLAG: "true" },
  },
  {
    name: "functions",
    files: {
      "docker-bake.hcl": `
variable "S" { default = "Hello World" }
function "twice" {
  params = [x]
  result = "\${x}\${x}"
}
function "tags" {
  params = [name]
  variadic_params = rest
  result = [for t in rest : "\${name}:\${t}"]
}
target "default" {
  tags = tags("app", "1", "2", twice("3"))
  args = {
    upper = upper(S), lower = lower(S), title = title("ab cd"), reverse = reverse("abc")
    replace = replace(S, "World", "x"), regex = regex_replace(S, "[aeiou]", "*")
    split = join("-", split(" ", S)), trim = trimspace("  x "), prefix = trimprefix("v1.2", "v"), suffix = trimsuffix("a.txt", ".txt")
    trimmed = trim("!!x!!", "!"), substr = substr(S, 0, 4), chomp = chomp("x\\n"), indent = indent(2, "a\\nb")
    format = format("%s-%d-%05.2f-%q-%v", "a", 7, 3.14159, "q", true), list = join(",", formatlist("%s!", ["a", "b"]))
    min = min(3, 1, 2), max = max(3, 1, 2), ceil = ceil(1.2), floor = floor(1.8), abs = absolute(-3), pow = pow(2, 8), log = log(8, 2), int = int(3.9), signum = signum(-5)
    length = length([1, 2]), contains = contains(["a"], "a"), concat = join(",", concat(["a"], ["b"])), distinct = join(",", distinct(["a", "a", "b"]))
    flatten = join(",", flatten([["a"], ["b", ["c"]]])), keys = join(",", keys({ b = 1, a = 2 })), values = join(",", values({ b = "x", a = "y" }))
    lookup = lookup({ a = "1" }, "b", "none"), merge = jsonencode(merge({ a = 1 }, { b = 2 })), compact = join(",", compact(["a", "", "b"]))
    coalesce = coalesce("", "x"), element = element(["a", "b"], 3), index = index(["a", "b"], 1), slice = join(",", slice(["a", "b", "c"], 1, 3))
    range = join(",", formatlist("%d", range(3))), sort = join(",", sort(["b", "a"])), zip = jsonencode(zipmap(["a", "b"], [1, 2])), chunk = jsonencode(chunklist(["a", "b", "c"], 2))
    json = jsonencode({ a = [1, true, null, "x"] }), decode = jsondecode("{\\"a\\":5}").a, b64 = base64encode("hi"), unb64 = base64decode("aGk="), url = urlencode("a b&c")
    md5 = md5("x"), sha1 = sha1("x"), sha256 = sha256("x"), sha512 = substr(sha512("x"), 0, 10)
    regexone = regex("[a-z]+", "12abc3"), regexall = join(",", regexall("[a-z]", "1a2b")), strlen = strlen("héllo")
    add = add(1, 2), subtract = subtract(5, 2), multiply = multiply(2, 3), divide = divide(7, 2), modulo = modulo(7, 3), negate = negate(4)
    and = and(true, false), or = or(true, false), not = not(true), equal = equal("a", "a"), lt = lessthan(1, 2), gte = greaterthanorequalto(2, 2)
    sanitize = sanitize("a/b:c.d"), base = basename("/a/b.c"), dir = dirname("/a/b.c"), product = jsonencode(setproduct(["a"], ["b", "c"])), try = try({ a = 1 }.b, "fallback"), can = can({ a = 1 }.b)
    tostring = convert(5, string), hasindex = hasindex(["a"], 0), reverselist = join(",", reverselist(["a", "b"])), date = formatdate("YYYY-MM-DD'T'hh:mm", "2020-01-02T03:04:05Z")
    timeadd = timeadd("2020-01-02T03:04:05Z", "1h"), parseint = parseint("ff", 16), index2 = indexof(["a", "b"], "b")
  }
}
`,
    },
  },
  {
    name: "regular expressions",
    files: {
      "docker-bake.hcl": `
target "default" {
  args = {
    all = join(",", regexall("[a-z]+", "1ab2cd")), none = jsonencode(regexall("x", "ab")), empty = jsonencode(regexall("a*", "baac"))
    groups = jsonencode(regex("(\\\\d+)-(\\\\w+)?", "12-")), named = jsonencode(regex("(?P<one>[a-z])(?P<two>[0-9])", "b4"))
    between = regex_replace("baac", "a*", "-"), by = regex_replace("a.b.c", "([a-z])\\\\.", "$1_"), braced = regex_replace("ab", "(?P<x>a)", "<$\${x}>")
    dollar = regex_replace("ab", "a", "$$"), classes = regex_replace("aB1_", "[[:upper:]\\\\pN]", "."), lines = join("|", regexall("(?m)^.", "a\\nb"))
  }
}
`,
    },
  },
  {
    name: "matrix",
    files: {
      "docker-bake.hcl": `
variable "VERSIONS" { default = ["1.0", "2.0"] }
group "default" { targets = ["app", "single"] }
target "app" {
  name = "app-\${replace(version, ".", "-")}-\${item.name}"
  matrix = {
    version = VERSIONS
    item = [{ name = "a", os = "alpine" }, { name = "b", os = "debian" }]
  }
  args = { VERSION = version, OS = item.os }
  tags = ["app:\${version}-\${item.name}"]
  contexts = item.name == "a" ? { x = "." } : {}
}
target "single" {
  name = "single-\${x}"
  matrix = { x = ["only"] }
  inherits = ["common"]
  target = x
}
target "common" { args = { C = "1" } }
`,
    },
  },
  {
    name: "expressions",
    files: {
      "docker-bake.hcl": `
variable "N" { default = 5 }
variable "E" { default = "" }
target "default" {
  args = {
    arithmetic = (N + 1) * 2 - 10 / 4 % 3
    negative = -N
    logic = !(N > 3 && N <= 5) || N != 5
    nested = N > 3 ? (E == "" ? "a" : "b") : "c"
    list = jsonencode([for i, x in ["a", "b", "c"] : "\${i}\${x}" if x != "b"])
    object = jsonencode({ for k, v in { a = 1, b = 2 } : upper(k) => v * 10 })
    grouped = jsonencode({ for x in ["aa", "ab", "ba"] : substr(x, 0, 1) => x... })
    splat = join(",", [{ n = "x" }, { n = "y" }][*].n)
    template = "a \${N} b %{ if N > 3 }big%{ else }small%{ endif } c %{ for x in ["1", "2"] }<\${x}>%{ endfor }"
    escaped = "$\${N} %%{N} \\"q\\" \\\\ \\u0041 \\t."
    heredoc = <<EOT
line one \${N}
  line two
EOT
    indented = <<-EOT
      a
        b
      EOT
    only = "\${["x"][0]}"
    call = max([1, 7, 3]...)
    number = 1.50
    exponent = 1e3
  }
  dockerfile-inline = <<EOF
FROM scratch
LABEL n=\${N}
EOF
  tags = [
    "a", # trailing
    "b", /* block
    comment */
  ]
}
`,
    },
  },
  {
    name: "overrides",
    files: {
      "docker-bake.hcl": `
group "default" { targets = ["app", "web", "db"] }
target "app" {
  args = { A = "1" }
  tags = ["app:1"]
}
target "web" { args = { A = "1" } }
target "db" {}
`,
    },
    args: [
      "--set",
      "app.args.A=2",
      "--set",
      "*.args.B=all",
      "--set",
      "web.tags=w:1",
      "--set",
      "web.tags=w:2",
      "--set",
      "app.platform=linux/arm64",
      "--set",
      "d*.output=type=local,dest=out",
      "--set",
      "app.contexts.x=dir",
      "--set",
      "*.labels.l=v",
      "--set",
      "app.dockerfile=D",
      "--set",
      "web.context=w",
      "--set",
      "web.pull=true",
      "--set",
      "web.no-cache=1",
      "--set",
      "app.cache-from=type=registry,ref=a",
      "--set",
      "app.secrets=id=s,env=S",
      "--set",
      "db.target=t",
      "--push",
      "--no-cache",
    ],
  },
  {
    name: "flags",
    files: {
      "docker-bake.hcl": `
variable "V" { default = "1" }
target "default" { tags = ["x:\${V}"] }
target "other" {
  tags = ["y:\${V}"]
  output = ["type=image,name=z"]
}
`,
    },
    args: ["--load", "--pull", "default", "other"],
    env: { V: "2" },
  },
  {
    name: "compose",
    files: {
      "token.txt": "",
      "compose.yaml": `
name: proj
services:
  web:
    image: me/web:1
    build:
      context: web
      dockerfile: Dockerfile.web
      target: prod
      args:
        A: "1"
        B: \${FROM_ENV:-fallback}
      labels:
        - one=1
      cache_from:
        - me/cache
      cache_to:
        - type=inline
      network: host
      extra_hosts:
        - "h:1.2.3.4"
      secrets:
        - token
      ssh:
        - default
      tags:
        - me/web:extra
      platforms:
        - linux/amd64
      pull: true
      no_cache: true
      shm_size: 64m
      additional_contexts:
        base: docker-image://alpine
    environment:
      X: y
  api:
    build: ./api
  api.v2:
    build:
      context: .
      dockerfile_inline: |
        FROM scratch
      args:
        - LIST=1
        - BARE
  db:
    image: postgres
secrets:
  token:
    file: ./token.txt
`,
    },
    env: { FROM_ENV: "env", BARE: "bare" },
  },
  {
    name: "compose and x-bake",
    files: {
      "compose.yml": `
services:
  app:
    image: app:\${TAG-latest}
    build:
      context: .
      args: { A: "1" }
      x-bake:
        tags:
          - x:1
        platforms:
          - linux/arm64
        cache-to: type=local,dest=c
        args: { B: "2" }
        output: type=local,dest=o
        pull: true
        no-cache: true
        contexts:
          c: .
`,
      "docker-bake.hcl": `
target "app" { args = { C = "3" } }
group "default" { targets = ["app"] }
`,
    },
  },
  {
    name: "json functions",
    files: {
      "bake.json": `{
  "variable": {"N": {"default": 2}, "L": {"default": ["a"]}},
  "function": {"twice": {"params": ["x"], "result": "\${x * 2}"}},
  "target": {
    "default": {
      "name": "t-\${m}", "matrix": {"m": ["p", "q"]},
      "args": {"A": "\${twice(N)}", "B": "x\${twice(N)}y", "C": "\${join(\\",\\", L)}", "D": "\${m}"},
      "tags": ["\${m}:\${N}"], "pull": true, "platforms": "\${L}"
    }
  }
}`.replace(', "platforms": "${L}"', ""),
    },
    args: ["-f", "bake.json"],
  },
  {
    name: "patterns and paths",
    files: {
      "one.hcl": `
target "a-1" {}
target "a-2" { context = "/abs" }
target "b" { contexts = { x = "target:a-1" } }
`,
      "two.hcl": `
target "a-3" { context = "https://github.com/me/repo.git#main" }
target "a-1" { target = "two" }
`,
    },
    args: ["-f", "one.hcl", "-f", "two.hcl", "a-1", "a-2", "a-3", "b"],
  },
];
