import type { Entry } from "../command.ts";

/** Every command; only the one that is asked for is loaded. */
export const COMMANDS: readonly Entry[] = [
  // ── images ────────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["image build", "build", "builder build"],
    summary: "Build an image from a Dockerfile",
    load: async () => (await import("./build.ts")).build,
  },
  {
    names: ["bake"],
    summary: "Build what a bake or Compose file describes",
    load: async () => (await import("./bake.ts")).bake,
  },
  {
    names: ["image ls", "image list", "images"],
    summary: "List images",
    load: async () => (await import("./images.ts")).images,
  },
  {
    names: ["image history", "history"],
    summary: "Show the history of an image",
    load: async () => (await import("./history.ts")).history,
  },
  {
    names: ["image inspect"],
    summary: "Display detailed information on one or more images",
    load: async () => (await import("./inspect.ts")).inspectImage,
  },
  {
    names: ["image tag", "tag"],
    summary: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    load: async () => (await import("./tag.ts")).tag,
  },
  {
    names: ["image rm", "image remove", "rmi"],
    summary: "Remove one or more images",
    load: async () => (await import("./rmi.ts")).rmi,
  },
  {
    names: ["image prune"],
    summary: "Remove unused images",
    load: async () => (await import("./image-prune.ts")).imagePrune,
  },
  {
    names: ["image pull", "pull"],
    summary: "Download an image from a registry",
    load: async () => (await import("./pull.ts")).pull,
  },
  {
    names: ["image push", "push"],
    summary: "Upload an image to a registry",
    load: async () => (await import("./push.ts")).push,
  },
  {
    names: ["image save", "save"],
    summary: "Save one or more images to a tar archive (streamed to STDOUT by default)",
    load: async () => (await import("./save.ts")).save,
  },
  {
    names: ["image load", "load"],
    summary: "Load an image from a tar archive or STDIN",
    load: async () => (await import("./load.ts")).load,
  },
  {
    names: ["image import", "import"],
    summary: "Import the contents from a tarball to create a filesystem image",
    load: async () => (await import("./import.ts")).importImage,
  },

  // ── containers ────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["container run", "run"],
    summary: "Create and run a new container from an image",
    load: async () => (await import("./run.ts")).run,
  },
  {
    names: ["container create", "create"],
    summary: "Create a new container",
    load: async () => (await import("./create.ts")).create,
  },
  {
    names: ["container start", "start"],
    summary: "Start one or more stopped containers",
    load: async () => (await import("./start.ts")).start,
  },
  {
    names: ["container stop", "stop"],
    summary: "Stop one or more running containers",
    load: async () => (await import("./stop.ts")).stop,
  },
  {
    names: ["container restart", "restart"],
    summary: "Restart one or more containers",
    load: async () => (await import("./restart.ts")).restart,
  },
  {
    names: ["container kill", "kill"],
    summary: "Kill one or more running containers",
    load: async () => (await import("./kill.ts")).kill,
  },
  {
    names: ["container pause", "pause"],
    summary: "Pause all processes within one or more containers",
    load: async () => (await import("./pause.ts")).pause,
  },
  {
    names: ["container unpause", "unpause"],
    summary: "Unpause all processes within one or more containers",
    load: async () => (await import("./pause.ts")).unpause,
  },
  {
    names: ["container stats", "stats"],
    summary: "Display a live stream of container(s) resource usage statistics",
    load: async () => (await import("./stats.ts")).stats,
  },
  {
    names: ["container update", "update"],
    summary: "Update configuration of one or more containers",
    load: async () => (await import("./update.ts")).update,
  },
  {
    names: ["container wait", "wait"],
    summary: "Block until one or more containers stop, then print their exit codes",
    load: async () => (await import("./wait.ts")).wait,
  },
  {
    names: ["container attach", "attach"],
    summary: "Attach local standard input, output, and error streams to a running container",
    load: async () => (await import("./attach.ts")).attach,
  },
  {
    names: ["container exec", "exec"],
    summary: "Execute a command in a running container",
    load: async () => (await import("./exec.ts")).exec,
  },
  {
    names: ["container logs", "logs"],
    summary: "Fetch the logs of a container",
    load: async () => (await import("./logs.ts")).logs,
  },
  {
    names: ["container ls", "container list", "container ps", "ps"],
    summary: "List containers",
    load: async () => (await import("./ps.ts")).ps,
  },
  {
    names: ["container rm", "container remove", "rm"],
    summary: "Remove one or more containers",
    load: async () => (await import("./rm.ts")).rm,
  },
  {
    names: ["container rename", "rename"],
    summary: "Rename a container",
    load: async () => (await import("./rename.ts")).rename,
  },
  {
    names: ["container top", "top"],
    summary: "Display the running processes of a container",
    load: async () => (await import("./top.ts")).top,
  },
  {
    names: ["container port", "port"],
    summary: "List port mappings or a specific mapping for the container",
    load: async () => (await import("./port.ts")).port,
  },
  {
    names: ["container diff", "diff"],
    summary: "Inspect changes to files or directories on a container's filesystem",
    load: async () => (await import("./diff.ts")).diff,
  },
  {
    names: ["container cp", "cp"],
    summary: "Copy files/folders between a container and the local filesystem",
    load: async () => (await import("./cp.ts")).cp,
  },
  {
    names: ["container commit", "commit"],
    summary: "Create a new image from a container's changes",
    load: async () => (await import("./commit.ts")).commit,
  },
  {
    names: ["container export", "export"],
    summary: "Export a container's filesystem as a tar archive",
    load: async () => (await import("./export.ts")).exportContainer,
  },
  {
    names: ["container inspect"],
    summary: "Display detailed information on one or more containers",
    load: async () => (await import("./inspect.ts")).inspectContainer,
  },
  {
    names: ["container prune"],
    summary: "Remove all stopped containers",
    load: async () => (await import("./container-prune.ts")).containerPrune,
  },

  // ── volumes, networks ─────────────────────────────────────────────────────────────────────────────
  {
    names: ["volume ls", "volume list"],
    summary: "List volumes",
    load: async () => (await import("./volume-ls.ts")).volumeLs,
  },
  {
    names: ["volume create"],
    summary: "Create a volume",
    load: async () => (await import("./volume-create.ts")).volumeCreate,
  },
  {
    names: ["volume inspect"],
    summary: "Display detailed information on one or more volumes",
    load: async () => (await import("./inspect.ts")).inspectVolume,
  },
  {
    names: ["volume rm", "volume remove"],
    summary: "Remove one or more volumes",
    load: async () => (await import("./volume-rm.ts")).volumeRm,
  },
  {
    names: ["volume prune"],
    summary: "Remove unused local volumes",
    load: async () => (await import("./volume-prune.ts")).volumePrune,
  },
  {
    names: ["network ls", "network list"],
    summary: "List networks",
    load: async () => (await import("./network-ls.ts")).networkLs,
  },
  {
    names: ["network create"],
    summary: "Create a network",
    load: async () => (await import("./network-create.ts")).networkCreate,
  },
  {
    names: ["network connect"],
    summary: "Connect a container to a network",
    load: async () => (await import("./network-connect.ts")).networkConnect,
  },
  {
    names: ["network disconnect"],
    summary: "Disconnect a container from a network",
    load: async () => (await import("./network-disconnect.ts")).networkDisconnect,
  },
  {
    names: ["network rm", "network remove"],
    summary: "Remove one or more networks",
    load: async () => (await import("./network-rm.ts")).networkRm,
  },
  {
    names: ["network prune"],
    summary: "Remove all unused networks",
    load: async () => (await import("./network-prune.ts")).networkPrune,
  },
  {
    names: ["network inspect"],
    summary: "Display detailed information on one or more networks",
    load: async () => (await import("./inspect.ts")).inspectNetwork,
  },

  // ── daemon ────────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["daemon"],
    summary: "Serve the Docker Engine API",
    load: async () => (await import("./daemon.ts")).daemon,
  },

  // ── registry ──────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["registry serve"],
    summary: "Serve a registry",
    load: async () => (await import("./registry-serve.ts")).registryServe,
  },
  {
    names: ["registry gc"],
    summary: "Remove what no manifest of a registry needs, and tags that have grown old",
    load: async () => (await import("./registry-gc.ts")).registryGc,
  },
  {
    names: ["registry scrub"],
    summary: "Read and verify everything in a registry",
    load: async () => (await import("./registry-scrub.ts")).registryScrub,
  },
  {
    names: ["registry user add"],
    summary: "Add a user, or change a password and add rights",
    load: async () => (await import("./registry-user.ts")).registryUserAdd,
  },
  {
    names: ["registry user rm", "registry user remove"],
    summary: "Remove one or more users, with the rules for them",
    load: async () => (await import("./registry-user.ts")).registryUserRm,
  },
  {
    names: ["registry user ls", "registry user list"],
    summary: "List users and their rights",
    load: async () => (await import("./registry-user.ts")).registryUserLs,
  },
  {
    names: ["registry policy allow"],
    summary: "Allow a user, '*' (every user) or 'anonymous' (everybody) to do something",
    load: async () => (await import("./registry-policy.ts")).registryPolicyAllow,
  },
  {
    names: ["registry policy rm", "registry policy remove"],
    summary: "Take back what a user was allowed",
    load: async () => (await import("./registry-policy.ts")).registryPolicyRm,
  },
  {
    names: ["registry policy ls", "registry policy list"],
    summary: "List who may do what",
    load: async () => (await import("./registry-policy.ts")).registryPolicyLs,
  },
  {
    names: ["registry token create"],
    summary: "Make a password for a machine, with rights of its own",
    load: async () => (await import("./registry-token.ts")).registryTokenCreate,
  },
  {
    names: ["registry token revoke", "registry token rm"],
    summary: "Revoke one or more passwords of machines",
    load: async () => (await import("./registry-token.ts")).registryTokenRevoke,
  },
  {
    names: ["registry token ls", "registry token list"],
    summary: "List the passwords of machines",
    load: async () => (await import("./registry-token.ts")).registryTokenLs,
  },
  {
    names: ["login"],
    summary: "Authenticate to a registry",
    load: async () => (await import("./login.ts")).login,
  },
  {
    names: ["search"],
    summary: "Search Docker Hub, or the repositories of a registry, for images",
    load: async () => (await import("./search.ts")).search,
  },
  {
    names: ["manifest inspect"],
    summary: "Display an image manifest, or manifest list",
    load: async () => (await import("./manifest.ts")).manifestInspect,
  },
  {
    names: ["manifest create"],
    summary: "Create a local manifest list for pushing to a registry",
    load: async () => (await import("./manifest.ts")).manifestCreate,
  },
  {
    names: ["manifest push"],
    summary: "Push a manifest list to a repository",
    load: async () => (await import("./manifest.ts")).manifestPush,
  },
  {
    names: ["logout"],
    summary: "Log out from a registry",
    load: async () => (await import("./logout.ts")).logout,
  },

  // ── the rest ──────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["inspect"],
    summary: "Return low-level information on containers, images, volumes and networks",
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    names: ["builder du"],
    summary: "Show what the build cache takes on the disk",
    load: async () => (await import("./builder-du.ts")).builderDu,
  },
  {
    names: ["builder prune"],
    summary: "Remove build cache",
    load: async () => (await import("./builder-prune.ts")).builderPrune,
  },
  {
    names: ["builds ls", "builds list"],
    summary: "List builds that run or were done",
    load: async () => (await import("./builds-ls.ts")).buildsLs,
  },
  {
    names: ["builds inspect"],
    summary: "Show what was built, how it went, and what each step took",
    load: async () => (await import("./builds-inspect.ts")).buildsInspect,
  },
  {
    names: ["attest ls", "attest list"],
    summary: "List the attestations of an image",
    load: async () => (await import("./attest-ls.ts")).attestLs,
  },
  {
    names: ["attest inspect"],
    summary: "Print the provenance and the packages of an image",
    load: async () => (await import("./attest-inspect.ts")).attestInspect,
  },
  {
    names: ["builds debug"],
    summary: "Enter what a failed step of a build left, with its mounts and environment",
    load: async () => (await import("./builds-debug.ts")).buildsDebug,
  },
  {
    names: ["builds logs"],
    summary: "Print the logs of a build, and follow one that runs",
    load: async () => (await import("./builds-logs.ts")).buildsLogs,
  },
  {
    names: ["builds open"],
    summary: "Write a page about a build for a browser",
    load: async () => (await import("./builds-open.ts")).buildsOpen,
  },
  {
    names: ["builds rm", "builds remove"],
    summary: "Remove one or more builds from the history",
    load: async () => (await import("./builds-rm.ts")).buildsRm,
  },
  {
    names: ["system events", "events"],
    summary: "Get real time events from the server",
    load: async () => (await import("./events.ts")).events,
  },
  {
    names: ["system df"],
    summary: "Show disk usage",
    load: async () => (await import("./system-df.ts")).systemDf,
  },
  // ── contexts ──────────────────────────────────────────────────────────────────────────────────────
  {
    names: ["context create"],
    summary: "Create a context",
    load: async () => (await import("./context-create.ts")).contextCreate,
  },
  {
    names: ["context inspect"],
    summary: "Display detailed information on one or more contexts",
    load: async () => (await import("./context-inspect.ts")).contextInspect,
  },
  {
    names: ["context ls", "context list"],
    summary: "List contexts",
    load: async () => (await import("./context-ls.ts")).contextLs,
  },
  {
    names: ["context rm", "context remove"],
    summary: "Remove one or more contexts",
    load: async () => (await import("./context-rm.ts")).contextRm,
  },
  {
    names: ["context show"],
    summary: "Print the name of the current context",
    load: async () => (await import("./context-use.ts")).contextShow,
  },
  {
    names: ["context use"],
    summary: "Set the current context",
    load: async () => (await import("./context-use.ts")).contextUse,
  },
  {
    names: ["system dial-stdio"],
    summary: "Carry standard input and output to the daemon's socket: what ssh:// runs on the other side",
    load: async () => (await import("./system-dial-stdio.ts")).systemDialStdio,
  },
  {
    names: ["system check"],
    summary: "Verify blobs, layers and records of the state root",
    load: async () => (await import("./system-check.ts")).systemCheck,
  },
  {
    names: ["system prune"],
    summary: "Remove unused data",
    load: async () => (await import("./system-prune.ts")).systemPrune,
  },
  {
    names: ["system info", "info"],
    summary: "Display system-wide information",
    load: async () => (await import("./info.ts")).info,
  },
  {
    names: ["system doctor", "doctor"],
    summary: "Say what this host lacks, and what that costs",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    names: ["version"],
    summary: "Show the version information",
    load: async () => (await import("./version.ts")).version,
  },
  {
    names: ["completion"],
    summary: "Print the completion script of a shell (bash, zsh or fish)",
    load: async () => (await import("./completion.ts")).completion,
  },
];
