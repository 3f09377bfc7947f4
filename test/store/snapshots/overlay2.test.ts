import { snapshotterSuite } from "../../suites/snapshotter-suite.ts";
import { TestStore } from "../support.ts";

snapshotterSuite("overlay2", () => TestStore.open({ driver: "overlay2" }));
