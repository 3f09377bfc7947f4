import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { query } from "../../store/database.ts";
import type { HostConfig, MountPoint, ProcessConfig } from "../container-config.ts";
import type { CreatedPath } from "../launch/launcher.ts";
import { DEFAULT_HOST_CONFIG } from "../spec/defaults.ts";
import type { Connections } from "./connections.ts";
import type { StoredContainer, StoredState } from "./stored-container.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly layers: string;
  readonly created: string;
  readonly document: string;
  readonly state: string;
}

interface Document {
  readonly config: ProcessConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  readonly created: readonly CreatedPath[];
  readonly connections: Connections;
}

const ID = /^[0-9a-f]{1,64}$/;

/** The rows of containers. */
export class ContainerTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws CONTAINER_NAME_TAKEN. */
  insert(container: StoredContainer): void {
    const { id, name, imageId, layers, createdAt, state } = container;
    this.#claim(name, () =>
      query(
        this.#database,
        "INSERT INTO containers (id, name, image, layers, created, document, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ).run(
        id,
        name,
        imageId,
        JSON.stringify(layers),
        createdAt,
        documentOf(container),
        JSON.stringify(state),
      ),
    );
  }

  /** Throws CONTAINER_NAME_TAKEN. */
  rename(id: string, name: string): void {
    this.#claim(name, () =>
      query(this.#database, "UPDATE containers SET name = ? WHERE id = ?").run(name, id),
    );
  }

  #claim(name: string, write: () => unknown): void {
    this.#database
      .transaction(() => {
        const by = this.#one("SELECT * FROM containers WHERE name = ?", name);
        if (by !== undefined) throw new Failure("CONTAINER_NAME_TAKEN", { name, by: by.id });
        write();
      })
      .immediate();
  }

  hasName(name: string): boolean {
    return this.#one("SELECT * FROM containers WHERE name = ?", name) !== undefined;
  }

  setState(id: string, state: StoredState): void {
    query(this.#database, "UPDATE containers SET state = ? WHERE id = ?").run(JSON.stringify(state), id);
  }

  /** Replaces all but name and state. */
  update(container: StoredContainer): void {
    query(this.#database, "UPDATE containers SET document = ? WHERE id = ?").run(
      documentOf(container),
      container.id,
    );
  }

  delete(id: string): void {
    query(this.#database, "DELETE FROM containers WHERE id = ?").run(id);
  }

  byId(id: string): StoredContainer | undefined {
    return this.#one("SELECT * FROM containers WHERE id = ?", id);
  }

  /** By id, name, or unique prefix of an id, in this order. Throws CONTAINER_UNKNOWN, CONTAINER_AMBIGUOUS. */
  find(text: string): StoredContainer {
    const bare = text.replace(/^\//, "");
    const exact = this.byId(text) ?? this.#one("SELECT * FROM containers WHERE name = ?", bare);
    if (exact !== undefined) return exact;
    const prefixed = ID.test(text)
      ? query<Row>(this.#database, "SELECT * FROM containers WHERE id GLOB ? LIMIT 2").all(`${text}*`)
      : [];
    if (prefixed.length > 1) throw new Failure("CONTAINER_AMBIGUOUS", { prefix: text });
    if (prefixed[0] === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: text });
    return parse(prefixed[0]);
  }

  /** The newest first. */
  list(): readonly StoredContainer[] {
    return query<Row>(this.#database, "SELECT * FROM containers ORDER BY created DESC, id").all().map(parse);
  }

  #one(sql: string, value: string): StoredContainer | undefined {
    const row = query<Row>(this.#database, sql).get(value);
    return row === undefined ? undefined : parse(row);
  }
}

function documentOf({ config, hostConfig, mounts, created, connections }: StoredContainer): string {
  const document: Document = { config, hostConfig, mounts, created, connections };
  return JSON.stringify(document);
}

function parse(row: Row): StoredContainer {
  const document = JSON.parse(row.document) as Document;
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created,
    imageId: row.image as Digest,
    layers: JSON.parse(row.layers) as Digest[],
    ...document,
    // What the row was written without, an older version did not know.
    hostConfig: { ...DEFAULT_HOST_CONFIG, ...document.hostConfig },
    state: JSON.parse(row.state) as StoredState,
  };
}
