import { snapshotterSuite } from "../../suites/snapshotter-suite.ts";
import { TestStore } from "../support.ts";

snapshotterSuite("vfs", () => TestStore.open({ driver: "vfs" }));
