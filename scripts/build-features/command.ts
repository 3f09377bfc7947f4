import {
  BUILD,
  BUILDX,
  CONTEXTS,
  type Feature,
  MOUNTS,
  PLATFORMS,
  REFUSED,
  REQUEST,
  RESOLVE,
  RUN,
  SOURCE_CASES,
} from "./feature.ts";

const PROGRESS = "test/cli/progress/progress.test.ts";
const ATTESTATIONS = "test/e2e/attestations.test.ts";
const ATTEST = "test/builder/attest/attest.test.ts";
const REMOTE_CACHE = "test/builder/cache/remote-cache.test.ts";
const REMOTE_MOUNTS = "test/builder/cache/remote-mounts.test.ts";
const REGISTRY_CACHE = "test/engine/builds/registry-cache.test.ts";
const OUTLINE = "test/builder/dockerfile/outline.test.ts";
const CACHE = "test/builder/cache/cache.test.ts";
const LAYOUTS = "test/e2e/layout-contexts.test.ts";
const OUTPUTS = "test/e2e/build-outputs.test.ts";
const SECRETS = "test/cli/build-options/secrets.test.ts";
const RESOURCES = "test/cli/build-options/resources.test.ts";
const SSH = "test/cli/build-options/ssh.test.ts";
const EXPLAIN = "test/builder/explain/explain.test.ts";
const REPRODUCIBLE = "test/builder/solve/reproducible.test.ts";

export const COMMAND_FEATURES: readonly Feature[] = [
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
  ["--output type=image, --tag, --metadata-file", OUTPUTS, "is an image under all names, with its metadata"],
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
  ["SOURCE_DATE_EPOCH", REPRODUCIBLE, "is the same from two roots, for any number of jobs and after a wipe"],
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
];
