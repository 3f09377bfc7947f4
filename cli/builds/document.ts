import type { BuildDetails, BuildStepRecord } from "../../engine/api.ts";

/** The document of `builds inspect --format`, with the names that `docker buildx history inspect` has where it has the field. */
export const buildDocument = (details: BuildDetails): Readonly<Record<string, unknown>> => {
  const { asked, steps, fault } = details;
  return {
    Name: details.name,
    Ref: details.ref,
    Context: asked.context,
    Dockerfile: asked.dockerfile,
    Target: asked.target ?? "",
    Platform: asked.platform === undefined ? [] : [asked.platform],
    NamedContexts: nameValues(asked.namedContexts),
    StartedAt: details.startedAt.toISOString(),
    CompletedAt: details.completedAt?.toISOString() ?? null,
    // Go's durations are nanoseconds.
    Duration: details.duration * 1e6,
    Status: details.status === "error" ? "failed" : details.status,
    Error: fault === undefined ? null : { Code: fault.code ?? "", Message: fault.message, ...placeOf(fault) },
    NumCompletedSteps: steps.completed,
    NumTotalSteps: steps.total,
    NumCachedSteps: steps.cached,
    NumWarnings: details.warnings,
    BuildArgs: nameValues(asked.buildArgs),
    Labels: nameValues(asked.labels),
    Config: {
      Network: asked.network,
      ExtraHosts: asked.extraHosts,
      NoCache: asked.noCache,
      NoCacheFilter: asked.noCacheStages ?? [],
      ImageResolveMode: asked.pull ? "pull" : "local",
    },
    Image: details.image ?? "",
    Digest: details.manifest ?? "",
    Tags: asked.tags,
    CriticalPath: details.criticalDuration * 1e6,
    Steps: details.stepList.map(stepDocument),
    Warnings: details.warningList.map(({ message, rule = "", line = 0 }) => ({
      Message: message,
      Rule: rule,
      Line: line,
    })),
    LogSize: details.logBytes,
    LogTruncated: details.logTruncated,
  };
};

const nameValues = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([Name, Value]) => ({ Name, Value }));

const placeOf = ({ file, line, endLine }: NonNullable<BuildDetails["fault"]>) =>
  file === undefined ? {} : { File: file, Line: line, EndLine: endLine };

const stepDocument = (step: BuildStepRecord) => ({
  Name: step.name,
  File: step.file ?? "",
  Line: step.line ?? 0,
  StartedAt: step.startedAt?.toISOString() ?? null,
  CompletedAt: step.completedAt?.toISOString() ?? null,
  Duration: step.duration * 1e6,
  Cached: step.cached,
  Critical: step.critical,
  Error: step.error ?? "",
  OutputSize: step.outputBytes,
  Result: step.result ?? "",
});
