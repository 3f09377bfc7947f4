/** A file of a build context. Directories have a "/" at their end; what is not said is 0644 or 0755. */
export interface ContextFile {
  readonly path: string;
  readonly mode?: number;
  readonly content?: string;
  readonly link?: string;
  readonly hardLink?: string;
  readonly fifo?: boolean;
  readonly socket?: boolean;
  readonly xattr?: readonly [name: string, value: string];
  /** Made by tar from these names of the context, compressed by the suffix. */
  readonly archiveOf?: { readonly folder: string; readonly names: readonly string[] };
}

export interface CopyCase {
  readonly title: string;
  readonly context: readonly ContextFile[];
  readonly dockerfile: readonly string[];
  readonly ignore?: readonly string[];
  /** BuildKit and Slipway differ here, with the reason; nothing is compared. */
  readonly differs?: string;
}

const text = (...paths: readonly string[]): readonly ContextFile[] =>
  paths.map((path) => ({ path, content: path }));
const passwd: readonly ContextFile[] = [
  { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n" },
  { path: "etc/group", content: "root:x:0:\nwww:x:34:\nvideo:x:44:web\n" },
];
const withUsers = ["FROM scratch", "COPY etc /etc"];

export const CASES: readonly CopyCase[] = [
  { title: "a file to a name", context: text("a"), dockerfile: ["FROM scratch", "COPY a /b"] },
  { title: "a file to the root", context: text("a"), dockerfile: ["FROM scratch", "COPY a /"] },
  { title: "a file into a new directory", context: text("a"), dockerfile: ["FROM scratch", "COPY a /x/y/"] },
  {
    title: "a file to a name below new directories",
    context: text("a"),
    dockerfile: ["FROM scratch", "COPY a /x/y/z"],
  },
  {
    title: "a file to a directory with a dot",
    context: text("a"),
    dockerfile: ["FROM scratch", "COPY a /x/."],
  },
  {
    title: "a file to an existing directory without a slash",
    context: text("a", "d/b"),
    dockerfile: ["FROM scratch", "COPY d /x", "COPY a /x"],
  },
  {
    title: "a file with a slash behind its name",
    context: text("a"),
    dockerfile: ["FROM scratch", "COPY a/ /x"],
  },
  { title: "several files", context: text("a", "b"), dockerfile: ["FROM scratch", "COPY a b /x/"] },
  {
    title: "a relative target",
    context: text("a"),
    dockerfile: ["FROM scratch", "WORKDIR /w", "COPY a b/c", "COPY a ."],
  },
  {
    title: "the content of a directory",
    context: [...text("d/a", "d/e/b"), { path: "d/empty/", mode: 0o700 }, { path: "d/", mode: 0o711 }],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  { title: "a directory with a slash", context: text("d/a"), dockerfile: ["FROM scratch", "COPY d/ /x/"] },
  {
    title: "a directory and a file",
    context: text("d/a", "b"),
    dockerfile: ["FROM scratch", "COPY d b /x/"],
  },
  { title: "an empty directory", context: [{ path: "d/" }], dockerfile: ["FROM scratch", "COPY d /x/y"] },
  {
    title: "a directory over one that is there",
    context: [
      ...text("one/a", "two/b", "one/s/a", "two/s/b"),
      { path: "one/", mode: 0o700 },
      { path: "two/", mode: 0o711 },
      { path: "one/s/", mode: 0o700 },
      { path: "two/s/", mode: 0o711 },
    ],
    dockerfile: ["FROM scratch", "COPY --chown=1:2 one /x", "COPY two /x"],
  },
  { title: "the whole context", context: text("a", "d/b"), dockerfile: ["FROM scratch", "COPY . /x/"] },
  {
    title: "the whole context by a slash",
    context: text("a", "d/b"),
    dockerfile: ["FROM scratch", "COPY / /x/"],
  },
  {
    title: "sources that leave the context",
    context: text("a"),
    dockerfile: ["FROM scratch", "COPY ../../a /x/"],
  },
  {
    title: "modes with set-id and sticky bits",
    context: [
      { path: "d/u", content: "u", mode: 0o4755 },
      { path: "d/g", content: "g", mode: 0o2711 },
      { path: "d/t/", mode: 0o1777 },
      { path: "d/none", content: "", mode: 0 },
    ],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  {
    title: "wildcards",
    context: text("a.txt", "b.txt", "c.md", ".hidden.txt", "d/e.txt"),
    dockerfile: ["FROM scratch", "COPY *.txt /x/"],
  },
  {
    title: "wildcards in directories",
    context: text("p/a/go.mod", "p/b/go.mod", "p/b/x", "p/c"),
    dockerfile: ["FROM scratch", "COPY p/*/go.mod /x/", "COPY p/[ab] /y/"],
  },
  {
    title: "wildcards that match directories",
    context: text("da/a", "db/b", "dc"),
    dockerfile: ["FROM scratch", "COPY d* /x/"],
  },
  {
    title: "wildcards and a target that is one name",
    context: text("a1", "a2"),
    dockerfile: ["FROM scratch", "COPY a* /x"],
  },
  {
    title: "wildcards with classes",
    context: text("a1", "a2", "a3", "b1", "a^"),
    dockerfile: ["FROM scratch", "COPY a[^1] /x/", "COPY [a-b]? /y/"],
  },
  {
    title: "a wildcard that matches nothing",
    context: text("a"),
    dockerfile: ["FROM scratch", "COPY a nope* /x/", "COPY nope* /y/"],
  },
  {
    title: "names with spaces",
    context: text("a b", "d e/f g"),
    dockerfile: ["FROM scratch", 'COPY ["a b", "/x y/"]', 'COPY ["d e", "/z"]'],
  },
  {
    title: "links in a directory stay links",
    context: [
      ...text("d/a"),
      { path: "d/rel", link: "a" },
      { path: "d/abs", link: "/etc/passwd" },
      { path: "d/dangling", link: "nowhere" },
      { path: "d/up", link: "../../.." },
    ],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  {
    title: "links as sources are followed",
    context: [
      ...text("d/a"),
      { path: "f", link: "d/a" },
      { path: "l", link: "d" },
      { path: "root", link: "/d" },
    ],
    dockerfile: ["FROM scratch", "COPY f /x/", "COPY l /y", "COPY l/a /z", "COPY root /v"],
  },
  {
    title: "a target that goes through links",
    context: [...text("a", "s/real/r"), { path: "s/abs", link: "/real" }, { path: "s/rel", link: "real" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY a /abs/a1", "COPY a /rel/", "COPY a /rel/../a3"],
  },
  {
    title: "a target that goes back from a link",
    context: [...text("a", "s/real/deep/r"), { path: "s/l", link: "real/deep" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY a /l/../", "COPY a /l/../x/../b", "WORKDIR /l/../w"],
  },
  {
    title: "a target that is a link to a file",
    context: [...text("a", "s/f"), { path: "s/l", link: "f" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY a /l"],
  },
  {
    title: "a link to nowhere as the target",
    context: [...text("a", "s/f"), { path: "s/l", link: "new/one" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY a /l"],
  },
  {
    title: "a file over a link",
    context: [...text("s/f", "d/l"), { path: "s/l", link: "f" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY d /"],
  },
  {
    title: "a link over a file",
    context: [...text("s/l"), { path: "d/l", link: "f" }],
    dockerfile: ["FROM scratch", "COPY s /", "COPY d /"],
  },
  {
    title: "hard links",
    context: [...text("d/a", "d/z"), { path: "d/b", hardLink: "d/a" }, { path: "d/s/c", hardLink: "d/a" }],
    dockerfile: ["FROM scratch", "COPY d /x", "COPY d/a d/b /y/"],
  },
  {
    title: "a hard link whose other name is ignored",
    context: [...text("d/a"), { path: "d/b", hardLink: "d/a" }],
    ignore: ["d/a"],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  {
    title: "extended attributes",
    context: [
      { path: "d/a", content: "a", xattr: ["user.color", "red"] },
      { path: "d/s/", xattr: ["user.color", "blue"] },
    ],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  {
    title: "fifos and sockets",
    context: [...text("d/a"), { path: "d/fifo", fifo: true }, { path: "d/sock", socket: true }],
    dockerfile: ["FROM scratch", "COPY d /x"],
  },
  {
    title: "--chown with numbers",
    context: text("a", "d/b"),
    dockerfile: ["FROM scratch", "COPY --chown=5:6 a /x/y/", "COPY --chown=7 d /z/z"],
  },
  {
    title: "--chown with names",
    context: [...passwd, ...text("a")],
    dockerfile: [
      ...withUsers,
      "COPY --chown=web a /1/",
      "COPY --chown=web:video a /2/",
      "COPY --chown=root a /3",
      "COPY --chown=root:www a /4",
      "COPY --chown=9:www a /5",
      "COPY --chown=web:9 a /6",
      "COPY --chown=:www a /7",
    ],
  },
  {
    title: "--chown and USER with unknown names",
    context: [...passwd, ...text("a")],
    dockerfile: [
      ...withUsers,
      "COPY --chown=nobody a /1/",
      "COPY --chown=web:nogroup a /2/",
      "COPY --chown=nobody:www a /3/",
      "USER nobody",
      "WORKDIR /4/5",
    ],
  },
  {
    title: "--chown by a variable",
    context: text("a"),
    dockerfile: ["FROM scratch", "ARG who=12", "COPY --chown=$who:13 a /a"],
  },
  {
    title: "--chmod in octal",
    context: [...text("d/a"), { path: "d/s/x", content: "x", mode: 0o755 }, { path: "d/l", link: "a" }],
    dockerfile: ["FROM scratch", "COPY --chmod=640 d /x/y", "COPY --chmod=4711 d/a /z/z"],
  },
  {
    title: "--chmod in symbols",
    context: [
      { path: "d/a", content: "a", mode: 0o640 },
      { path: "d/x", content: "x", mode: 0o700 },
      { path: "d/s/", mode: 0o700 },
    ],
    dockerfile: [
      "FROM scratch",
      "COPY --chmod=u=rwX,go=rX d /1/",
      "COPY --chmod=+x d /2/",
      "COPY --chmod=g=u,o-rwx d /3/",
      "COPY --chmod=a-x,u+s,+t d /4/",
    ],
  },
  { title: "--link", context: text("a"), dockerfile: ["FROM scratch", "COPY --link a /x/"] },
  {
    title: "from a stage",
    context: text("a", "d/b"),
    dockerfile: [
      "FROM scratch AS one",
      "COPY --chown=3:4 . /src",
      "FROM scratch",
      "COPY --from=one /src /dst",
      "COPY --from=0 /src/a /x/",
    ],
  },
  {
    title: "from a stage with links in the way",
    context: [...text("s/real/r"), { path: "s/l", link: "/real" }],
    dockerfile: [
      "FROM scratch AS one",
      "COPY s /",
      "FROM scratch",
      "COPY --from=one /l/r /x",
      "COPY --from=one /l /y",
      "COPY --from=one /r* /z/",
    ],
  },
  {
    title: "here-documents",
    context: text("a"),
    dockerfile: [
      "FROM scratch",
      "ARG name=world",
      "COPY --chmod=755 <<EOT /hello",
      "hello $name",
      "EOT",
      'COPY <<"one.txt" <<-two.txt a /d/',
      "$name",
      "one.txt",
      "\ttabs",
      "\ttwo.txt",
    ],
  },
  {
    title: "the ignore file",
    context: text("a.log", "keep.log", "d/b.log", "d/c", "node_modules/x/y", "src/main", "src/tmp/t"),
    ignore: ["# comment", "*.log", "!keep.log", "**/*.log", "node_modules", "src/tmp/"],
    dockerfile: ["FROM scratch", "COPY . /x/"],
  },
  {
    title: "exceptions with wildcards below an ignored directory",
    context: text("a/e/f/x", "a/e/y", "a/e/f/g/z", "e/f"),
    ignore: ["**/e", "!**/f"],
    dockerfile: ["FROM scratch", "COPY . /x/", "COPY a/* /y/"],
  },
  {
    title: "--exclude",
    context: text("d/a.txt", "d/b.md", "d/s/c.txt", "d/s/d.md", "e.txt", "f.md"),
    dockerfile: [
      "FROM scratch",
      "COPY --exclude=*.txt d /1/",
      "COPY --exclude=**/*.txt . /2/",
      "COPY --exclude=s --exclude=!s/c.txt d /3/",
      "COPY --exclude=*.txt *.* /4/",
      "COPY --exclude=* d* /5/",
    ],
  },
  {
    title: "ADD with --link, --chown, --chmod and --exclude",
    context: text("d/a.txt", "d/b.md", "d/s/c.txt"),
    dockerfile: [
      "FROM scratch",
      "ADD --link d /linked/",
      "ADD --exclude=*.txt --exclude=s d /some/",
      "ADD --link --chown=5:6 --exclude=**/*.md d /owned/",
      "ADD --chmod=0600 d/a.txt /mode",
      "ADD --link=false --chmod=a+x d/b.md /symbols",
    ],
  },
  {
    title: "an ignored directory with an exception",
    context: text("d/a/b/c", "d/a/b/d", "d/e", "f"),
    ignore: ["d", "!d/a/b/c"],
    dockerfile: ["FROM scratch", "COPY . /x/", "COPY d /y"],
  },
  {
    title: "everything ignored but one",
    context: text("a", "b/c", "b/d"),
    ignore: ["*", "!b/c"],
    dockerfile: ["FROM scratch", "COPY . /x/", "COPY * /y/"],
  },
  {
    title: "WORKDIR makes directories",
    context: text("a"),
    dockerfile: ["FROM scratch", "WORKDIR /a/b", "WORKDIR c", "WORKDIR /a", "COPY a ."],
  },
  {
    title: "WORKDIR with a user",
    context: [...passwd],
    dockerfile: [
      ...withUsers,
      "USER web",
      "WORKDIR /home/web/app",
      "USER 7",
      "WORKDIR /seven",
      "USER 8:9",
      "WORKDIR /eight",
    ],
  },
  {
    title: "WORKDIR through a link",
    context: [...text("s/real/r"), { path: "s/l", link: "real" }],
    dockerfile: ["FROM scratch", "COPY s /", "WORKDIR /l/new"],
  },
  {
    title: "ADD unpacks an archive",
    context: [
      ...text("t/a", "t/s/b"),
      { path: "t/l", link: "a" },
      { path: "t/h", hardLink: "t/a" },
      { path: "t/s/", mode: 0o700 },
      { path: "x.tar", archiveOf: { folder: "t", names: ["."] } },
      { path: "x.tar.gz", archiveOf: { folder: "t", names: ["a", "s"] } },
      { path: "x.tar.bz2", archiveOf: { folder: "t", names: ["a"] } },
      { path: "x.tar.zst", archiveOf: { folder: "t", names: ["a"] } },
    ],
    dockerfile: [
      "FROM scratch",
      "ADD x.tar /tar",
      "ADD x.tar.gz /gz/",
      "ADD x.tar.bz2 /bz2/",
      "ADD x.tar.zst /zst/",
      "ADD --chown=5:6 x.tar /chown/",
      "COPY x.tar /copied",
    ],
  },
  {
    title: "ADD of files that are no archives",
    context: [...text("a"), { path: "fake.tar", content: "not a tar" }],
    dockerfile: ["FROM scratch", "ADD a fake.tar /x/", "ADD a /b"],
  },
  {
    title: "ADD of an archive with a file beside it",
    context: [...text("t/a", "b"), { path: "beside.tar", archiveOf: { folder: "t", names: ["a"] } }],
    dockerfile: ["FROM scratch", "ADD beside.tar b /x/"],
  },
  {
    title: "ADD of an archive over what is there",
    context: [
      ...text("t/dir", "t/file/in", "t/keep/new", "base/dir/old", "base/file", "base/keep/old"),
      { path: "t/link", content: "no link" },
      { path: "base/link", link: "file" },
      { path: "over.tar", archiveOf: { folder: "t", names: ["dir", "file", "keep", "link"] } },
    ],
    dockerfile: ["FROM scratch", "COPY base /x", "ADD over.tar /x"],
  },
];
