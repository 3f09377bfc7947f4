/** The files of a small project by their paths, its Dockerfile among them. */
export type Files = Readonly<Record<string, string>>;

export interface Project {
  readonly name: string;
  readonly files: Files;
}

export const BASE = "slipway-edits:base";

const SOURCE = "// what it does\nthe program\n";
const DEPENDENCIES = "# what it needs\none 1.0\ntwo 2.0\n";
const COMMON: Files = {
  "README.md": "# A project\n",
  "dependencies.txt": DEPENDENCIES,
  "src/main": SOURCE,
  "src/part": "// a part\nthe part\n",
  "test/cases": "a case\n",
  ".dockerignore": "notes\n",
  notes: "nothing\n",
};

// Stand-ins for what tools do: an installation is what a list names, a compiler leaves comments out.
const INSTALL = "grep -v '^#'";
const COMPILE = "sed '/^\\/\\//d'";

const dockerfiles: Readonly<Record<string, readonly string[]>> = {
  "Node service": [
    `FROM ${BASE} AS build`,
    "WORKDIR /app",
    "COPY dependencies.txt ./",
    `RUN ${INSTALL} dependencies.txt > modules`,
    "COPY . .",
    `RUN mkdir dist && ${COMPILE} src/main > dist/main`,
    `FROM ${BASE}`,
    "COPY --from=build /app/modules /app/dist /srv/",
    "RUN sha256sum /srv/main > /srv/sum",
  ],
  "Python service": [
    `FROM ${BASE}`,
    "WORKDIR /app",
    `RUN --mount=type=bind,source=dependencies.txt,target=/tmp/list ${INSTALL} /tmp/list > /packages`,
    "RUN wc -l < /packages > /count",
    "COPY src src",
    `RUN ${COMPILE} src/main > /compiled`,
    "RUN sha256sum /compiled > /sum",
  ],
  "C program": [
    `FROM ${BASE} AS build`,
    `RUN --mount=type=bind,target=/src mkdir /out && ${COMPILE} /src/src/main > /out/program`,
    "RUN gzip -nk /out/program",
    "RUN sha256sum /out/program > /out/sum",
    `FROM ${BASE}`,
    "COPY --from=build /out /usr/local/bin/",
    "RUN test -s /usr/local/bin/program",
  ],
  "Go program": [
    `FROM ${BASE} AS modules`,
    `RUN --mount=type=bind,source=dependencies.txt,target=/list ${INSTALL} /list > /modules`,
    "RUN sha256sum /modules > /modules.sum",
    "FROM modules AS build",
    `RUN --mount=type=bind,source=src,target=/src ${COMPILE} /src/main > /program`,
    "RUN sha256sum /program > /sum",
    `FROM ${BASE}`,
    "COPY --from=build /program /sum /",
    "RUN test -s /program",
  ],
  "static site": [
    `FROM ${BASE} AS build`,
    "COPY . /site",
    `RUN mkdir /public && ${COMPILE} /site/src/main > /public/index.html`,
    `FROM ${BASE}`,
    "COPY --from=build /public /www",
    "RUN gzip -nk /www/index.html",
    "RUN sha256sum /www/* > /sums",
  ],
  "shell tools": [
    `FROM ${BASE}`,
    "RUN mkdir -p /etc/tools",
    "COPY src /usr/local/tools",
    "RUN chmod -R a+rX /usr/local/tools",
    "RUN ls -R /usr/local/tools > /etc/tools/list",
  ],
};

/** `round` keeps what an earlier measurement left in caches from being found: it is in the environment of every command. */
export const projects = (round: string): readonly Project[] =>
  Object.entries(dockerfiles).map(([name, lines]) => {
    const text = lines.map((line) => (line.startsWith("FROM ") ? `${line}\nENV ROUND=${round}` : line));
    return { name, files: { ...COMMON, Dockerfile: `${text.join("\n")}\n` } };
  });

const changed = (path: string, change: (text: string) => string) => (files: Files) => ({
  ...files,
  [path]: change(files[path] ?? ""),
});

/** One after the other, each on top of those before it. */
export const EDITS: Readonly<Record<string, (files: Files) => Files>> = {
  "nothing, written again": (files) => files,
  "an ignored file": changed("notes", () => "something\n"),
  "the README": changed("README.md", (text) => `${text}More of it.\n`),
  "a test": changed("test/cases", (text) => `${text}another case\n`),
  "a comment in a source": changed("src/main", (text) => `// and why\n${text}`),
  "a comment in the dependencies": changed("dependencies.txt", (text) => `# and why\n${text}`),
  "a command, to the same effect": changed("Dockerfile", (text) => text.replace(/^RUN .*$/m, "$& && true")),
  "a source": changed("src/main", (text) => `${text}more of it\n`),
};
