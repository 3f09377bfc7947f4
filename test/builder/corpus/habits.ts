import type { Recorded } from "./engine-cases.ts";
import { type Difference, differencesOf, type ImageFacts, NOTHING, STAMPED } from "./image-facts.ts";
import { STAND_IN_TIME } from "./stand-ins.ts";

/** A difference that is the same in every case. */
interface Habit {
  readonly at: RegExp;
  readonly is?: (ours: string, theirs: string) => boolean;
  readonly reason: string;
}

/** How the classic builder, and buildah after it, differ from BuildKit. */
const OF_CLASSIC_BUILDERS: readonly Habit[] = [
  { at: /^history \d+$/, reason: "instructions are worded as the container's command" },
  {
    at: /^history's layers$/,
    is: (ours, theirs) => {
      const layers = theirs.split(" ");
      const own = ours.split(" ");
      return layers.length === own.length && layers.every((each, i) => each === "none" || own[i] === "one");
    },
    reason: "a step that changes nothing has no layer",
  },
  { at: /^layers$/, is: (ours, theirs) => Number(ours) > Number(theirs), reason: "the same" },
  { at: /^config Image$/, is: (ours) => ours === NOTHING, reason: "the image of the step before" },
  { at: /^config ArgsEscaped$/, is: (ours) => ours === "true", reason: "BuildKit says it of every CMD" },
  {
    at: /^config WorkingDir$/,
    is: (ours, theirs) => ours === '"/"' && theirs === NOTHING,
    reason: "BuildKit says where an image starts",
  },
  {
    at: / time$/,
    is: (_, theirs) => theirs === STAMPED,
    reason: "the target directory has the time of the build; BuildKit gives it that of the source",
  },
];

const OF_STAND_INS: readonly Habit[] = [
  { at: / time$/, is: (ours) => ours === STAND_IN_TIME, reason: "the time of a file of the base image" },
  {
    at: /^config Cmd$/,
    is: (ours, theirs) => ours === '["/bin/sh"]' && theirs === '["sh"]',
    reason: "a real engine has one stand-in for two bases",
  },
];

const isHabit = ({ at, ours, theirs }: Difference, habits: readonly Habit[]): boolean =>
  habits.some((habit) => habit.at.test(at) && habit.is?.(ours, theirs) !== false);

/** What of a build is not as recorded, habits of other builders and base images aside. */
export function unlikeRecorded(ours: ImageFacts, { by, facts }: Recorded): readonly Difference[] {
  const habits = [...OF_STAND_INS, ...(by === "buildkit" ? [] : OF_CLASSIC_BUILDERS)];
  return differencesOf(ours, facts).filter((each) => !isHabit(each, habits));
}

/** What of a build is not as BuildKit's; only the bases may differ. */
export const unlikeBuildKit = (ours: ImageFacts, theirs: ImageFacts): readonly Difference[] =>
  differencesOf(ours, theirs).filter((each) => !isHabit(each, OF_STAND_INS));
