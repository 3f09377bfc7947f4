/** What of a Dockerfile or of the command is proved, the file of the test, and words of its title. */
export type Feature = readonly [name: string, file: string, test: string];

const EXPAND = "test/builder/dockerfile/expand.test.ts";
const HISTORY = "test/engine/builds/history.test.ts";
const PROGRESS = "test/cli/progress/progress.test.ts";
const RUN = "test/builder/steps/run.test.ts";
const ATTESTATIONS = "test/e2e/attestations.test.ts";
const ATTEST = "test/builder/attest/attest.test.ts";
const REMOTE_CACHE = "test/builder/cache/remote-cache.test.ts";
const REMOTE_MOUNTS = "test/builder/cache/remote-mounts.test.ts";
const REGISTRY_CACHE = "test/engine/builds/registry-cache.test.ts";
const MOUNTS = "test/builder/steps/mounts.test.ts";
const FETCH = "test/builder/steps/fetch.test.ts";
const RESOLVE = "test/builder/dockerfile/resolve.test.ts";
const READ = "test/builder/dockerfile/instructions.test.ts";
const COPY = "test/builder/copy/cases.ts";
const PARSE = "test/builder/dockerfile/parse.test.ts";
const OUTLINE = "test/builder/dockerfile/outline.test.ts";
const BUILDX = "test/daemon/buildx.test.ts";
const LINT = "test/builder/dockerfile/lint.test.ts";
const BUILD = "test/builder/solve/build.test.ts";
const CACHE = "test/builder/cache/cache.test.ts";
const CONTEXTS = "test/e2e/build-contexts.test.ts";
const LAYOUTS = "test/e2e/layout-contexts.test.ts";
const OUTPUTS = "test/e2e/build-outputs.test.ts";
const PLATFORMS = "test/e2e/platforms.test.ts";
const BAKE = "test/e2e/bake.test.ts";
const BAKE_PRINT = "test/cli/bake/cases.ts";
const BAKE_FAULTS = "test/cli/bake/faults.test.ts";
const RUN_CASES = "test/e2e/dockerfiles/cases/run-options.ts";
const COPY_CASES = "test/e2e/dockerfiles/cases/copy-options.ts";
const SOURCE_CASES = "test/e2e/dockerfiles/cases/sources.ts";
const VARIABLE_CASES = "test/e2e/dockerfiles/cases/variables.ts";
const CONFIGURATION_CASES = "test/e2e/dockerfiles/cases/configuration.ts";
const REQUEST = "test/cli/build-options/request.test.ts";
const REFUSED = "test/cli/build-options/refused.test.ts";
const SECRETS = "test/cli/build-options/secrets.test.ts";
const RESOURCES = "test/cli/build-options/resources.test.ts";
const SSH = "test/cli/build-options/ssh.test.ts";
const EXPLAIN = "test/builder/explain/explain.test.ts";
const REPRODUCIBLE = "test/builder/solve/reproducible.test.ts";

export const FEATURES: Readonly<Record<string, readonly Feature[]>> = {
  Instructions: [
    ["FROM", READ, "FROM has a platform and a name in lower case"],
    ["FROM --platform", PLATFORMS, "begins with bases of the platform"],
    ["FROM stage", RESOLVE, "inherit arguments, environment and configuration, but no triggers"],
    ["FROM scratch", RESOLVE, "scratch has a PATH and a working directory"],
    ["RUN", RUN, "keeps what the command changed, and nothing of what it needed"],
    [
      "RUN, exec form, SHELL, here-documents",
      RUN,
      "runs exec and shell forms, other shells, and here-documents",
    ],
    [
      "RUN --mount=type=bind",
      MOUNTS,
      "shows the context without what is ignored, read-only, and leaves nothing",
    ],
    ["RUN --mount=type=bind,from=", MOUNTS, "shows stages and images, and throws away what is written"],
    ["RUN --mount=type=cache", MOUNTS, "keeps its files for the next build, by id and not in the image"],
    [
      "RUN --mount=type=cache,from=,mode=,uid=,gid=",
      MOUNTS,
      "begins with a stage's files, and has the owner and mode",
    ],
    [
      "RUN --mount=type=cache,sharing=",
      MOUNTS,
      "is waited for when it is locked, and is another one when it is private",
    ],
    ["RUN --mount=type=tmpfs,size=", MOUNTS, "is empty memory of a size, over what is there"],
    [
      "RUN --mount=type=secret,id=,target=,env=,mode=,uid=,gid=",
      MOUNTS,
      "gives files and variables to the command alone",
    ],
    ["RUN --mount=type=secret,required=", MOUNTS, "stops the build when it is required and absent"],
    ["RUN --mount=type=secret,source=", READ, "both source and id can't be set"],
    [
      "RUN --mount=type=ssh,id=,target=,mode=,uid=,gid=,required=",
      MOUNTS,
      "hands the agent's socket to the command",
    ],
    ["RUN --mount=…,src=,dst=,destination=,ro,readonly,rw,readwrite", READ, "type=bind,src=x,dst=/a,rw"],
    ["RUN --mount with variables", READ, "expands values"],
    ["RUN --mount with unknown keys or values", READ, "unexpected key 'traget' in 'traget=/a'"],
    ["RUN --network", RUN, "is reached by a network when it may be, and not otherwise"],
    [
      "RUN --security=insecure",
      RUN,
      "has every capability when it is insecure, and the usual ones otherwise",
    ],
    ["COPY", RESOLVE, "COPY has absolute paths and expanded content"],
    ["COPY of patterns, links, names with spaces", COPY, "wildcards with classes"],
    ["COPY --from", RESOLVE, "can be copied from by name, by index, or from an image"],
    ["COPY --chown", COPY, "--chown with names"],
    ["COPY --chmod, octal", COPY, "--chmod in octal"],
    ["COPY --chmod, symbolic", COPY, "--chmod in symbols"],
    ["COPY --link", COPY, "COPY --link a /x/"],
    ["COPY --exclude", COPY, "--exclude"],
    ["COPY --parents", "test/builder/context/select.test.ts", "--parents of a deep pattern"],
    ["ADD --chown, --chmod", FETCH, "has --chmod, --chown and a name of its own"],
    ["ADD --link, --chown, --chmod, --exclude", COPY, "ADD with --link, --chown, --chmod and --exclude"],
    ["ADD of a URL", FETCH, "takes a file under its name, for root alone, with the server's time"],
    [
      "ADD of a git repository",
      FETCH,
      "is taken by commit, checked, and with its .git when that is asked for",
    ],
    ["ADD --checksum", FETCH, "asks nobody for a file whose digest is known and which is there"],
    ["ADD --unpack", FETCH, "unpacks an archive only when it is told to"],
    ["ADD --keep-git-dir", FETCH, "is taken by commit, checked, and with its .git when that is asked for"],
    ["ARG", RESOLVE, "reach a stage only where it declares them"],
    ["ARG, predefined", RESOLVE, "have the platforms"],
    ["ARG, proxies", RESOLVE, "RUN gets the proxy undeclared, outside of its environment"],
    [
      "ENV, USER, WORKDIR",
      RUN,
      "has the variables, directory, user, host name and standard files of a build",
    ],
    ["WORKDIR", RESOLVE, "WORKDIR makes a folder, unless it is the root"],
    ["EXPOSE", READ, "EXPOSE sorts its ports"],
    [
      "HEALTHCHECK --interval, --timeout, --start-period, --start-interval, --retries",
      CONFIGURATION_CASES,
      "healthcheck",
    ],
    ["HEALTHCHECK", READ, "HEALTHCHECK is in nanoseconds, without what is zero"],
    ["ONBUILD", RESOLVE, "run first, bring in what they need, and are gone afterwards"],
    ["MAINTAINER, LABEL", RESOLVE, "MAINTAINER is the author, and --label goes on top of the target"],
    ["STOPSIGNAL", RESOLVE, "takes the signal"],
    ["CMD, ENTRYPOINT, VOLUME, SHELL", RESOLVE, "every step carries the configuration after it"],
    [
      "flags: unknown, twice, without a value",
      PARSE,
      "have flags in front, with quotes and escapes resolved",
    ],
    ["instructions that are none, with a suggestion", READ, "name what is at most two edits away"],
    ["RUN without a network, host, none", RUN_CASES, "network"],
    ["proxies", RUN_CASES, "run-proxies"],
    ["words with variables", EXPAND, "plain references"],
    [
      "history and configuration of every instruction",
      RESOLVE,
      "every step carries the configuration after it",
    ],
    ["# escape, # syntax", PARSE, "are the first lines only, in any letter case"],
    ["# check", LINT, "can be skipped for the file, by directive or build argument"],
    ["the 22 checks", LINT, "are 22, each with a page of its own"],
    ["here-documents of RUN", RUN_CASES, "run-heredocs"],
    ["here-documents of COPY and ADD", COPY_CASES, "copy-heredocs"],
    ["RUN --mount, seen beside BuildKit", RUN_CASES, "mount-bind-from"],
    ["BUILDKIT_BUILD_NAME", HISTORY, "calls a build"],
    ["BUILDKIT_CACHE_MOUNT_NS", MOUNTS, "keeps its files for the next build, by id and not in the image"],
    ["BUILDKIT_DOCKERFILE_CHECK", LINT, "can be skipped for the file, by directive or build argument"],
    ["BUILDKIT_SYNTAX", RESOLVE, "can be chosen by a build argument"],
    ["BUILDKIT_SANDBOX_HOSTNAME", RUN_CASES, "hosts-and-name"],
    ["BUILDKIT_CONTEXT_KEEP_GIT_DIR", CONTEXTS, "is a git repository, or a folder of it"],
    ["BUILDKIT_MULTI_PLATFORM", PLATFORMS, "is an index of one when an argument says so"],
    ["BUILDKIT_MULTI_PLATFORM, from buildx", BUILDX, "makes an index of one platform"],
    ["BUILDKIT_INLINE_CACHE, from buildx", BUILDX, "has its cache with it"],
    ["BUILDKIT_INLINE_CACHE", REQUEST, "has an inline cache when an argument asks for one"],
    ["USER by name, number and group", RUN_CASES, "run-as-user"],
    ["SHELL", RUN_CASES, "run-shells"],
    ["COPY into links, directories and new folders", COPY_CASES, "copy-targets"],
    ["COPY over what is there", COPY_CASES, "copy-replaces"],
    ["COPY with variables", COPY_CASES, "copy-variables"],
    [".dockerignore", COPY_CASES, "ignore-patterns"],
    ["Dockerfile.dockerignore", COPY_CASES, "own-ignore-file"],
    ["ADD of local archives", SOURCE_CASES, "add-compressed"],
    ["ADD of URLs beside files", SOURCE_CASES, "add-http"],
    ["operators of variables", VARIABLE_CASES, "operators"],
    ["quotes and escapes", VARIABLE_CASES, "quoting"],
    ["ARG before FROM", VARIABLE_CASES, "global-arguments"],
    ["TARGETPLATFORM, BUILDPLATFORM, TARGETSTAGE and the others", VARIABLE_CASES, "platform-arguments"],
    ["variables in every instruction that expands them", VARIABLE_CASES, "expanded-instructions"],
    ["HEALTHCHECK NONE, inherited checks", CONFIGURATION_CASES, "healthcheck-none"],
    ["ONBUILD of every kind", CONFIGURATION_CASES, "onbuild-instructions"],
    ["VOLUME, EXPOSE of several kinds", CONFIGURATION_CASES, "ports-and-volumes"],
    ["letter case, byte order marks, CRLF", CONFIGURATION_CASES, "windows-lines"],
    ["comments and continuations", CONFIGURATION_CASES, "odd-lines"],
  ],
  Command: [
    ["PATH, --file", CONTEXTS, "is a folder, with a Dockerfile from elsewhere or standard input"],
    ["-", CONTEXTS, "is a tar on standard input, or nothing beside a Dockerfile there"],
    ["URL", CONTEXTS, "is behind a URL, as a tar or a Dockerfile"],
    ["git repository", CONTEXTS, "is a git repository, or a folder of it"],
    ["--build-context", CONTEXTS, "is beside it a folder, an image or a URL under a name"],
    [
      "--build-context NAME=oci-layout://",
      LAYOUTS,
      "is what a stage begins with or copies from, by tag or digest",
    ],
    [
      "--build-context NAME=oci-layout://, from buildx",
      "test/daemon/buildx-contexts.test.ts",
      "is an image in an OCI layout that the client has",
    ],
    [
      "--build-context NAME=oci-layout://, with -H",
      "test/client/build.test.ts",
      "begins with an image in an OCI layout of this side, and copies from it",
    ],
    ["--output type=local", OUTPUTS, "is a folder, short and long"],
    ["--output type=tar", OUTPUTS, "is a tar, in a file or on standard output"],
    ["--output type=oci|docker", OUTPUTS, "is an archive that docker and others load"],
    [
      "--output type=image, --tag, --metadata-file",
      OUTPUTS,
      "is an image under all names, with its metadata",
    ],
    ["--push, --load", OUTPUTS, "expected a tag"],
    ["--iidfile", OUTPUTS, "is an image under all names, with its metadata"],
    ["--tag, --target, --label, --no-cache, --pull, --jobs, --allow", REQUEST, "has what each flag asks for"],
    ["--quiet, --progress", PROGRESS, "the choice of a renderer"],
    ["--verify", "test/e2e/build-verify.test.ts", "names what differs, down to the file"],
    ["--on-error", "test/e2e/build-debug.test.ts", "is entered at once with --on-error=shell"],
    ["--rm, --force-rm", REFUSED, "--rm=false"],
    ["--call outline", OUTLINE, "tells what a build of a target takes"],
    ["--call targets", OUTLINE, "lists the stages that can be built"],
    [
      "--call outline, targets, from buildx",
      BUILDX,
      "answers --call outline and targets as the real engine does",
    ],
    ["--call NAME,format=json", "test/cli/build-options/call.test.ts", "is told as a document for"],
    [
      "--check, --call check",
      OUTPUTS,
      "is not made when only checks are wanted, which find faults in every stage",
    ],
    ["--explain", EXPLAIN, "tells of"],
    ["--allow", BUILD, "happen only when"],
    ["--cache-to, --cache-from type=registry", REGISTRY_CACHE, "without fetching a layer"],
    ["--cache-to, --cache-from type=local", REMOTE_CACHE, "gives the same image without performing a step"],
    [
      "--cache-to, --cache-from type=local, with -H",
      "test/client/build.test.ts",
      "keeps its cache in a folder of this side, and finds it there again",
    ],
    [
      "--cache-to, --cache-from type=registry|inline|local, from buildx",
      "test/daemon/buildx.test.ts",
      "keeps the cache in a registry, in the image and in a folder of the client's, and finds it there again",
    ],
    ["--cache-to type=inline", REGISTRY_CACHE, "can be in an image"],
    ["--cache-to mounts=true type=registry", REGISTRY_CACHE, "has cache mounts, which are fetched when"],
    ["--cache-to mounts=true type=local", REMOTE_MOUNTS, "are restored with everything that is in them"],
    [
      "--cache-to mounts=true, from buildx",
      "test/daemon/buildx.test.ts",
      "keeps cache mounts in a registry when it is asked to",
    ],
    [
      "--cache-to mounts=true, through a daemon",
      "test/client/build.test.ts",
      "keeps cache mounts in a registry or a folder of this side",
    ],
    ["--cache-to mode=min", REMOTE_CACHE, "has with mode=min the steps of the image alone"],
    ["--secret", SECRETS, "makes"],
    ["--secret, in the image", MOUNTS, "is warned of when it lands in a file of the image"],
    ["--ssh", SSH, "makes an agent of key files that lists and signs"],
    ["--target", RESOLVE, "suggest a target"],
    ["--build-arg", RESOLVE, "name the base image; a build argument wins over the default"],
    ["--platform", RESOLVE, "a platform that was asked for is the image's"],
    ["--platform a,b", PLATFORMS, "makes an image for each, of which a name means that of this machine"],
    ["--platform a,b --push", PLATFORMS, "is pushed as an index under all names, a new one too"],
    ["--platform a,b --output type=local|tar", PLATFORMS, "gives folders for each platform"],
    [
      "--platform a,b --output type=oci",
      PLATFORMS,
      "is an index in an OCI layout, from which one is loaded again",
    ],
    ["--platform of another machine", PLATFORMS, "says what a command of another platform needs"],
    [
      "--add-host, --network",
      RUN,
      "has the variables, directory, user, host name and standard files of a build",
    ],
    [
      "--memory, --memory-swap, --cpu-shares, --cpu-period, --cpu-quota, --cpuset-cpus, --cpuset-mems, --ulimit, --shm-size, --cgroup-parent, --dns, --dns-option, --dns-search",
      RESOURCES,
      "hands every limit on in the Engine API's terms",
    ],
    [
      "limits of RUN in force",
      "test/runtime/transient.test.ts",
      "has limits in a group of its own, which goes with it",
    ],
    [
      "SOURCE_DATE_EPOCH",
      REPRODUCIBLE,
      "is the same from two roots, for any number of jobs and after a wipe",
    ],
    ["parallel stages", REPRODUCIBLE, "is that of eight stages whose commands all run at the same time"],
    ["named contexts that stand for stages and images", SOURCE_CASES, "named-contexts"],
    [
      "--attest, --provenance, --sbom",
      ATTESTATIONS,
      "are pushed as referrers of the manifest the registry has",
    ],
    [
      "--sbom of RPM's packages",
      "test/builder/attest/attest.test.ts",
      "reads RPM's database once, however many ways lead to it",
    ],
    ["--sbom", ATTESTATIONS, "list every package that dpkg has, with its version"],
    [
      "--provenance mode=max",
      ATTEST,
      "tell with mode=max arguments, the Dockerfile and ids of secrets, but no secret",
    ],
    [
      "--annotation, --output annotation.KEY=",
      OUTPUTS,
      "is annotated in its manifest, in archives and in the store, and has the id that it has without",
    ],
    ["--annotation manifest[PLATFORM]:", PLATFORMS, "is pushed as an index under all names, a new one too"],
    ["--annotation, from buildx", BUILDX, "pushes the annotations of the manifest with it"],
    [
      "--output type=local,mode=delete",
      OUTPUTS,
      "is all that a folder holds with mode=delete, once it is made",
    ],
    [
      "--output type=oci,tar=false",
      OUTPUTS,
      "is in an OCI layout in a folder, beside what that has under other names",
    ],
    ["--output source-date-epoch=", REQUEST, "has the time that outputs ask for"],
    [
      "--output with oci-mediatypes, store, unpack, rewrite-timestamp, force-compression",
      REQUEST,
      "is the same with what always holds",
    ],
    [
      "--output with what always holds, from buildx",
      BUILDX,
      "takes options of outputs that say what always holds",
    ],
    ["--builder default, --isolation default, --compress", REQUEST, "is the same with what always holds"],
    [
      "--no-cache-filter",
      CACHE,
      "performs the stages again that --no-cache-filter names, and no others where results are equal",
    ],
    ["--no-cache-filter, from buildx", BUILDX, "performs the stages of --no-cache-filter again"],
    ["what is not supported", REFUSED, "what a build cannot do is refused by name"],
  ],
  Bake: [
    ["HCL: every attribute of a target", BAKE_PRINT, "all attributes"],
    ["inherits, groups, target.NAME.ATTRIBUTE", BAKE_PRINT, "inheritance"],
    ["several files, --file", BAKE_PRINT, "patterns and paths"],
    ["files that are found by themselves", BAKE_PRINT, "several files"],
    ["variables and the environment", BAKE_PRINT, "variables"],
    ["types of variables, NAME_JSON", BAKE_PRINT, "typed overrides"],
    ["validation of variables", BAKE_FAULTS, "a failed validation"],
    ["functions", BAKE_PRINT, "functions"],
    ["regex, regexall, regex_replace", BAKE_PRINT, "regular expressions"],
    [
      "an expression that takes long elsewhere",
      BAKE_FAULTS,
      "an expression over which JavaScript's would go on",
    ],
    ["templates, here-documents, loops, operators", BAKE_PRINT, "expressions"],
    ["matrix", BAKE_PRINT, "matrix"],
    ["JSON", BAKE_PRINT, "json functions"],
    ["Compose files", BAKE_PRINT, "compose"],
    ["x-bake", BAKE_PRINT, "compose and x-bake"],
    ["--set, --push, --no-cache", BAKE_PRINT, "overrides"],
    ["--load, --pull", BAKE_PRINT, "flags"],
    ["annotations", BAKE, "annotates the manifest, and only that"],
    ["no-cache-filter", BAKE, "performs the stages of no-cache-filter again"],
    [
      "building, contexts that are targets, --metadata-file",
      BAKE,
      "builds the targets of a group, each after those it begins with, and what they share once",
    ],
    ["--allow, --progress", BAKE, "builds the targets of a group"],
    ["--print", BAKE_PRINT, "overrides"],
    ["--check, --call, --list", BAKE, "checks, and lists what there is"],
  ],
};
