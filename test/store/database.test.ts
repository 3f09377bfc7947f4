import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { isCode } from "../../core/errors.ts";
import { durably, openDatabase, query, transact } from "../../store/database.ts";
import { Scratch } from "../support/scratch.ts";
import { runProcesses } from "./processes.ts";

describe("store database", () => {
  it("applies each migration once, in order, to old roots too", () => {
    using scratch = new Scratch();
    const path = scratch.join("a.db");
    const first = { name: "001", sql: "CREATE TABLE a (x)" };
    const second = { name: "002", sql: "CREATE TABLE b (x); INSERT INTO b SELECT x FROM a" };
    const old = openDatabase(path, [first]);
    old.exec("INSERT INTO a VALUES (7)");
    old.close();
    const database = openDatabase(path, [first, second]);
    assert.deepEqual(query(database, "SELECT x FROM b").all(), [{ x: 7 }]);
    database.close();
    assert.throws(
      () => openDatabase(path, [first]),
      (error) => isCode(error, "STORE_NEWER"),
    );
  });

  it("leaves a failing migration out as a whole", () => {
    using scratch = new Scratch();
    const path = scratch.join("a.db");
    const good = { name: "001", sql: "CREATE TABLE a (x)" };
    assert.throws(() => openDatabase(path, [good, { name: "002", sql: "CREATE TABLE b (x); nonsense" }]));
    const database = openDatabase(path, []);
    assert.deepEqual(query(database, "SELECT name FROM sqlite_schema").all(), []);
    database.close();
  });

  it("joins transactions, rolls back on an error and refuses durability from inside", () => {
    using scratch = new Scratch();
    const database = openDatabase(scratch.join("a.db"), [{ name: "001", sql: "CREATE TABLE a (x)" }]);
    const insert = (x: number): void => void query(database, "INSERT INTO a VALUES (?)").run(x);
    durably(database, () => transact(database, () => insert(1)));
    assert.throws(() =>
      transact(database, () => {
        insert(2);
        transact(database, () => insert(3));
        throw new Error("no");
      }),
    );
    assert.throws(() => transact(database, () => durably(database, () => insert(4))), TypeError);
    assert.deepEqual(query(database, "SELECT x FROM a").all(), [{ x: 1 }]);
    assert.equal(database.pragma("synchronous", { simple: true }), 1);
    database.close();
  });

  it("is made once when several processes open a new root together", async () => {
    using scratch = new Scratch();
    const answers = await runProcesses(4, "open", scratch.join("root"));
    assert.deepEqual(answers, ["opened", "opened", "opened", "opened"]);
  });
});
