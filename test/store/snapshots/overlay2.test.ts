import { describe } from "mocha";
import { snapshotterSuite } from "../../suites/snapshotter-suite.ts";
import { stackingSuite } from "../../suites/stacking-suite.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { TestStore } from "../support.ts";

const open = (): Promise<TestStore> => TestStore.open({ driver: "overlay2" });

snapshotterSuite("overlay2", open);

describe("overlay2", () => stackingSuite(open, requiresOverlay));
